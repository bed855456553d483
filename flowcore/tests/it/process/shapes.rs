//! Several inputs and outputs, packed text, and what a snapshot says of it all.

use flowcore::process::{Bolt, BoltError, Emitter, NoOutput, TaskKind, filter, flat_map, inspect, map};
use flowcore_testkit::{Flaky, Plan, Recorder, ScriptedSpout, simulate};

use super::{end_of, topology};

/// Even numbers as they are, odd ones as text, and bytes of all.
struct Sort;

impl Bolt<u64> for Sort {
    type Out = (Emitter<u64>, Emitter<str>, Emitter<[u8]>);

    async fn execute(&mut self, tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        if tuple.is_multiple_of(2) {
            out.0.emit(*tuple);
        } else {
            out.1.send(&format!("odd {tuple}")).await;
        }
        out.2.emit(&vec![b'x'; usize::try_from(*tuple)?]);
        Ok(())
    }
}

/// Records all three.
struct Join(Recorder<String>);

impl Bolt<u64> for Join {
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(format!("even {tuple}"));
        Ok(())
    }
}

impl Bolt<str> for Join {
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &str, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(tuple.to_owned());
        Ok(())
    }
}

impl Bolt<[u8]> for Join {
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &[u8], _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(format!("{} bytes", tuple.len()));
        Ok(())
    }
}

#[test]
fn a_bolt_with_three_outputs_feeds_one_with_three_inputs_and_text_is_packed() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..4_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let sorted = topology.bolt("sort", || Sort).shuffle(&numbers);
        topology
            .bolt("join", move || Join(record.clone()))
            .fields(&sorted.1, |text| text)
            .all(&sorted.2)
            .global(&sorted.0)
            .parallelism(2);
        end_of(topology.build().unwrap()).await.unwrap();
        let mut seen = seen.items();
        seen.sort_unstable();
        let mut expected = vec!["even 0", "even 2", "odd 1", "odd 3"];
        expected.extend(["0 bytes", "1 bytes", "2 bytes", "3 bytes"].repeat(2));
        expected.sort_unstable();
        assert_eq!(seen, expected);
        assert_eq!(script.acked().len(), 4);
    });
}

#[test]
fn closures_are_bolts() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let (seen, looked) = (Recorder::new(), Recorder::new());
        let (record, look) = (seen.clone(), looked.clone());
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let odd = topology.bolt("odd", || filter(|n: &u64| n % 2 == 1)).shuffle(&numbers);
        let twice = topology.bolt("twice", || flat_map(|n: &u64| [*n; 2])).shuffle(&odd);
        let looked_at = topology
            .bolt("look", move || {
                let look = look.clone();
                inspect(move |n: &u64| look.push(*n))
            })
            .shuffle(&twice);
        let squares = topology.bolt("square", || map(|n: &u64| n * n)).shuffle(&looked_at);
        topology.bolt("record", move || record.bolt()).shuffle(&squares);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [1, 1, 9, 9, 25, 25, 49, 49, 81, 81]);
        assert_eq!(looked.items(), [1, 1, 3, 3, 5, 5, 7, 7, 9, 9]);
    });
}

#[test]
fn a_snapshot_adds_up() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..1_000_u64);
        let plan = Plan::percent(7, 10, 0);
        let mut topology = topology(clock).batch(16);
        let numbers = topology.spout("numbers", script.factory());
        let flaky = topology
            .bolt("flaky", move || Flaky::new(map(|n: &u64| *n), plan.clone()))
            .shuffle(&numbers)
            .parallelism(3);
        topology.bolt("end", || flowcore::process::for_each(|_: &u64| {})).shuffle(&flaky);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let [spout, flaky, end] = ["numbers", "flaky", "end"].map(|name| report.snapshot.component(name));
        assert_eq!(report.snapshot.tasks.len(), 5);
        assert_eq!((spout.kind, flaky.kind), (TaskKind::Spout, TaskKind::Bolt));
        assert_eq!((spout.emitted, spout.acked + spout.dead), (1_000, 1_000));
        assert_eq!(spout.failed, spout.replayed + spout.dead);
        assert!(spout.replayed > 50, "{spout:?}");
        assert_eq!(flaky.executed, spout.emitted + spout.replayed);
        assert_eq!(flaky.executed, flaky.acked + flaky.failed);
        assert_eq!((flaky.failed, flaky.emitted), (spout.failed, flaky.acked));
        assert_eq!((end.executed, end.acked, end.failed), (flaky.emitted, flaky.emitted, 0));
        assert!(report.snapshot.tasks.iter().all(|task| task.waiting == 0), "{report:?}");
    });
}
