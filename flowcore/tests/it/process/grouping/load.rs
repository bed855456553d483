//! Tuples go where less waits.

use std::time::Duration;

use flowcore::base::Clock;
use flowcore::process::{Bolt, BoltBuilder, BoltDeclaration, BoltError, NoOutput, Stream, TaskContext, map};
use flowcore_testkit::{ScriptedSpout, simulate};

use super::{Seen, counts};
use crate::process::{end_of, topology};

/// A bolt whose first task is slower than the others.
struct Uneven {
    seen: Seen,
    slow: u64,
    task: usize,
    clock: Clock,
}

impl Bolt<u64> for Uneven {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        (self.task, self.clock) = (context.task, context.clock.clone());
        Ok(())
    }

    async fn execute(&mut self, tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        let millis = if self.task == 0 { self.slow } else { 1 };
        self.clock.sleep(Duration::from_millis(millis)).await;
        self.seen.push((self.task, *tuple));
        Ok(())
    }
}

type Subscribe = fn(BoltDeclaration<Uneven>, &Stream<u64>) -> BoltBuilder<Uneven, NoOutput>;

/// How many of 1,200 tuples each of three tasks gets from one sender, and how long it takes in milliseconds.
fn deal(slow: u64, subscribe: Subscribe) -> (Vec<usize>, i64) {
    let seen = Seen::new();
    let record = seen.clone();
    let millis = simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..1_200_u64);
        let mut topology = topology(clock.clone()).batch(12).mailbox(4);
        let numbers = topology.spout("numbers", script.factory());
        let same = topology.bolt("same", || map(|n: &u64| *n)).global(&numbers);
        let made = clock.clone();
        let work = topology.bolt("work", move || Uneven {
            seen: record.clone(),
            slow,
            task: 0,
            clock: made.clone(),
        });
        subscribe(work, &same).parallelism(3);
        let start = clock.now();
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(script.acked().len(), 1_200);
        i64::try_from(clock.now().since(start).as_millis()).unwrap()
    });
    let mut all: Vec<_> = seen.items().into_iter().map(|(_, number)| number).collect();
    all.sort_unstable();
    assert_eq!(all, (0..1_200).collect::<Vec<_>>());
    (counts(&seen, 3), millis)
}

#[test]
fn a_slow_task_gets_less_by_load_and_does_not_hold_up_the_others() {
    let (dealt, long) = deal(20, BoltDeclaration::shuffle);
    assert_eq!(dealt, [400, 400, 400]);
    let (by_load, short) = deal(20, BoltDeclaration::shuffle_by_load);
    println!("{dealt:?} in {long} ms, {by_load:?} in {short} ms");
    assert!(by_load[0] * 4 < by_load[1] && by_load[0] * 4 < by_load[2], "{by_load:?}");
    assert!(by_load[0] > 0, "it works, too");
    assert!(short * 3 < long, "{short} ms against {long} ms");
}

#[test]
fn equally_fast_tasks_get_equally_much_by_load() {
    let (by_load, _) = deal(1, BoltDeclaration::shuffle_by_load);
    assert!(by_load.iter().max().unwrap() - by_load.iter().min().unwrap() <= 12, "{by_load:?}");
}

#[test]
fn local_or_shuffle_deals_out_as_shuffle_does() {
    let (dealt, _) = deal(5, BoltDeclaration::local_or_shuffle);
    assert_eq!(dealt, [400, 400, 400]);
}
