//! Streams and groupings.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use flowcore::process::{
    Bolt, BoltBuilder, BoltDeclaration, BoltError, Directed, Emitter, Grouping, NoOutput, Routes, Targets,
    combine, map, stable_hash,
};
use flowcore_testkit::{Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

use super::super::{act, end_of, topology, within_an_hour};
use super::{NUMBERS, Receive, SENDERS, Sent, dealt, everything, together};

/// How many tuples of `sender` each task got.
fn counts_of(sender: usize, dealt: &[Vec<Sent>]) -> Vec<usize> {
    dealt.iter().map(|sent| sent.iter().filter(|(from, _)| *from == sender).count()).collect()
}

#[test]
fn storm_3_shuffle_counts_of_two_targets_differ_by_at_most_one_for_each_sender() {
    let dealt = dealt::<4>(BoltDeclaration::shuffle);
    assert_eq!(together(&dealt), everything());
    for sender in 0..SENDERS {
        let mut counts = counts_of(sender, &dealt);
        counts.sort_unstable();
        assert_eq!(counts, [25, 25, 25, 26]);
    }
}

/// Takes a second for each tuple if it is the first task.
struct FirstIsSlow(Recorder<usize>, Duration);

impl Bolt<u64> for FirstIsSlow {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &flowcore::process::TaskContext) -> Result<(), BoltError> {
        self.1 = Duration::from_secs(u64::from(context.task == 0));
        self.0.push(context.task);
        Ok(())
    }

    async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        flowcore::base::Clock::system().sleep(self.1).await;
        Ok(())
    }
}

/// How many of 200 tuples each of two tasks executes, of which the first one is slow.
fn with_a_slow_task(
    subscribe: fn(
        BoltDeclaration<FirstIsSlow>,
        &flowcore::process::Stream<u64>,
    ) -> BoltBuilder<FirstIsSlow, NoOutput>,
) -> Vec<u64> {
    simulate(|clock| async move {
        let script = (0..200_u64).fold(ScriptedSpout::new(), |script, number| {
            script.emit([number]).wait(Duration::from_millis(1))
        });
        let mut topology = topology(clock).mailbox(2);
        let numbers = topology.spout("numbers", script.factory());
        let made = Recorder::new();
        let work = topology.bolt("work", move || FirstIsSlow(made.clone(), Duration::ZERO));
        subscribe(work, &numbers).parallelism(2);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let tasks = report.snapshot.tasks.iter().filter(|task| &*task.component == "work");
        tasks.map(|task| task.executed).collect()
    })
}

#[test]
fn storm_3_shuffle_by_load_goes_by_what_waits_in_the_mailboxes() {
    assert_eq!(with_a_slow_task(BoltDeclaration::shuffle), [100, 100]);
    let by_load = with_a_slow_task(BoltDeclaration::shuffle_by_load);
    assert!(by_load[0] < 10 && by_load[0] + by_load[1] == 200, "{by_load:?}");
}

#[test]
fn storm_3_local_or_shuffle_equals_shuffle_in_one_process() {
    assert_eq!(dealt::<3>(BoltDeclaration::local_or_shuffle), dealt::<3>(BoltDeclaration::shuffle));
}

/// The tasks on which each key was seen.
fn tasks_of<K: std::hash::Hash + Eq>(
    dealt: &[Vec<Sent>],
    key: impl Fn(&Sent) -> K,
) -> HashMap<K, HashSet<usize>> {
    let mut tasks: HashMap<K, HashSet<usize>> = HashMap::new();
    for (task, sent) in dealt.iter().enumerate() {
        for sent in sent {
            tasks.entry(key(sent)).or_default().insert(task);
        }
    }
    tasks
}

#[test]
fn storm_3_fields_the_same_value_goes_to_the_same_task_whoever_sends_it() {
    let dealt = dealt::<4>(|bolt, sent| bolt.fields_by(sent, |(_, number)| number % 17));
    assert_eq!(together(&dealt), everything());
    let tasks = tasks_of(&dealt, |(_, number)| number % 17);
    assert!(tasks.len() == 17 && tasks.values().all(|tasks| tasks.len() == 1), "{tasks:?}");
    assert!(dealt.iter().all(|sent| !sent.is_empty()), "keys are spread over the tasks");
}

#[test]
fn storm_3_fields_take_several_values_bytes_and_values_that_are_missing() {
    fn key(number: u64) -> (Option<u64>, Vec<u8>) {
        ((!number.is_multiple_of(3)).then_some(number % 3), vec![7; usize::try_from(number % 2).unwrap()])
    }
    let dealt = dealt::<4>(|bolt, sent| bolt.fields_by(sent, |(_, number)| key(*number)));
    let tasks = tasks_of(&dealt, |(_, number)| key(*number));
    assert!(tasks.len() == 6 && tasks.values().all(|tasks| tasks.len() == 1), "{tasks:?}");
}

#[test]
fn storm_3_fields_hash_is_the_one_that_is_written_down() {
    assert_eq!(stable_hash("jeongja"), 0x2ebf_c294_2240_8479);
    assert_eq!(stable_hash(&0_u64), 0xfdbd_920b_a628_a4b8);
    // The task is the high half of the product with the number of tasks.
    let task = |key: u64| usize::try_from((u128::from(stable_hash(&key)) * 4) >> 64).unwrap();
    let dealt = dealt::<4>(|bolt, sent| bolt.fields(sent, |(_, number)| number));
    for (at, sent) in dealt.iter().enumerate() {
        assert!(sent.iter().all(|(_, number)| task(*number) == at), "task {at}: {sent:?}");
    }
}

#[test]
fn storm_3_partial_key_a_key_is_on_the_same_two_tasks_whoever_sends_it() {
    let dealt = dealt::<5>(|bolt, sent| bolt.partial_key_by(sent, |(_, number)| number % 4));
    assert_eq!(together(&dealt), everything());
    let tasks = tasks_of(&dealt, |(_, number)| number % 4);
    assert!(tasks.values().all(|tasks| tasks.len() == 2), "{tasks:?}");
}

#[test]
fn storm_3_partial_key_goes_to_the_task_that_this_sender_used_less() {
    let dealt = dealt::<5>(|bolt, sent| bolt.partial_key_by(sent, |_| "latte"));
    for sender in 0..SENDERS {
        let mut counts = counts_of(sender, &dealt);
        counts.sort_unstable();
        assert_eq!(counts, [0, 0, 0, 50, 51], "one key alternates between its tasks");
    }
}

#[test]
fn storm_3_partial_key_is_merged_downstream_by_combine() {
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let script = ScriptedSpout::new().emit(["a"; 90]).emit(["b"; 7]);
            let mut topology = topology(clock);
            let words = topology.spout("words", script.factory());
            let parts = topology
                .bolt("part", || map(|word: &&'static str| (*word, 1_u64)))
                .partial_key(&words, |word| *word)
                .parallelism(4);
            let merge =
                || combine(Duration::from_secs(1), |part: &(&str, u64)| part.0, |sum, part| sum.1 += part.1);
            let sums = topology.bolt("sum", merge).fields_by(&parts, |part| part.0);
            topology.bolt("record", move || record.bolt()).global(&sums);
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    let mut sums = seen.items();
    sums.sort_unstable();
    assert_eq!(sums, [("a", 90), ("b", 7)]);
}

#[test]
fn storm_3_all_every_task_gets_a_copy() {
    for sent in dealt::<3>(BoltDeclaration::all) {
        assert_eq!(together(&[sent]), everything());
    }
}

#[test]
fn storm_3_global_one_task_sees_all_in_the_order_of_each_sender() {
    let [first, others @ ..] = dealt::<3>(BoltDeclaration::global);
    assert_eq!(others.concat(), []);
    for sender in 0..SENDERS {
        let numbers: Vec<u64> =
            first.iter().filter(|(from, _)| *from == sender).map(|(_, number)| *number).collect();
        assert_eq!(numbers, (0..NUMBERS).collect::<Vec<_>>());
    }
}

#[test]
fn storm_3_direct_the_sender_names_the_task_by_a_typed_handle() {
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let targets = Targets::new(3);
            let script = ScriptedSpout::new().emit(0..30_u64);
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", script.factory());
            let named = numbers.map("name", move |number| {
                let task = usize::try_from(*number % 3).unwrap();
                Directed::to(targets.get(task).unwrap(), (task, *number))
            });
            let receive = move || Named(0, record.clone());
            topology.bolt("receive", receive).direct(&named, targets);
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    let seen = seen.items();
    assert_eq!(seen.len(), 30);
    assert!(seen.iter().all(|(task, (named, _))| task == named), "{seen:?}");
    assert_eq!(Targets::new(3).get(3), None, "there is no handle of a task that does not exist");
}

/// Records its task before what it gets.
struct Named(usize, Recorder<(usize, Sent)>);

impl Bolt<Directed<Sent>> for Named {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &flowcore::process::TaskContext) -> Result<(), BoltError> {
        self.0 = context.task;
        Ok(())
    }

    async fn execute(&mut self, sent: &Directed<Sent>, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.1.push((self.0, **sent));
        Ok(())
    }
}

/// To as many tasks as the number says, at most to all.
struct AsMany;

impl Grouping<Sent> for AsMany {
    fn route(&mut self, (_, number): &Sent, to: &mut Routes) {
        (0..to.tasks()).filter(|task| (*task as u64) < *number % 5).for_each(|task| to.task(task));
    }
}

#[test]
fn storm_3_custom_may_choose_several_tasks_or_none() {
    let dealt = dealt::<3>(|bolt, sent| bolt.group(sent, || AsMany));
    for (task, sent) in dealt.iter().enumerate() {
        let expected: Vec<Sent> =
            everything().into_iter().filter(|(_, number)| (task as u64) < number % 5).collect();
        assert_eq!(together(std::slice::from_ref(sent)), expected);
    }
}

#[test]
fn storm_3_order_from_one_task_to_another_is_that_of_the_emits_under_full_mailboxes() {
    let shuffled = dealt::<4>(BoltDeclaration::shuffle);
    let keyed = dealt::<4>(|bolt: BoltDeclaration<Receive>, sent| bolt.fields(sent, |(_, number)| number));
    for sent in shuffled.iter().chain(&keyed) {
        for sender in 0..SENDERS {
            let mut numbers = sent.iter().filter(|(from, _)| *from == sender).map(|(_, number)| *number);
            assert!(numbers.by_ref().is_sorted(), "{sent:?}");
        }
    }
}

#[test]
fn storm_3_replays_come_late_and_leave_the_order_of_the_others_as_it_is() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let fails = move || {
            let record = record.clone();
            act(move |n, _| {
                record.push(n);
                if n == 4 && record.len() < 8 { Err(BoltError::retry("once")) } else { Ok(()) }
            })
        };
        topology.bolt("fail", fails).shuffle(&numbers).ignore();
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 4]);
    });
}

/// Numbers and text.
struct Both(usize, Recorder<String>);

impl Bolt<u64> for Both {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &flowcore::process::TaskContext) -> Result<(), BoltError> {
        self.0 = context.task;
        Ok(())
    }

    async fn execute(&mut self, number: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.1.push(format!("task {} number {number}", self.0));
        Ok(())
    }
}

impl Bolt<str> for Both {
    type Out = NoOutput;

    async fn execute(&mut self, text: &str, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.1.push(format!("task {} {text}", self.0));
        Ok(())
    }
}

/// Text of numbers.
struct Text;

impl Bolt<u64> for Text {
    type Out = Emitter<str>;

    async fn execute(&mut self, number: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.emit(&format!("text {number}"));
        Ok(())
    }
}

#[test]
fn storm_3_one_bolt_reads_streams_of_several_components_each_with_its_own_grouping() {
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let script = ScriptedSpout::new().emit([1_u64]);
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", script.factory());
            let text = topology.bolt("text", || Text).shuffle(&numbers);
            let both = topology.bolt("both", move || Both(0, record.clone()));
            both.global(&numbers).all(&text).parallelism(2);
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    let mut seen = seen.items();
    seen.sort_unstable();
    assert_eq!(seen, ["task 0 number 1", "task 0 text 1", "task 1 text 1"]);
}

#[test]
fn storm_3_one_stream_read_by_two_bolts_is_two_copies() {
    let (one, two) = (Recorder::new(), Recorder::new());
    simulate(|clock| {
        let (first, second) = (one.clone(), two.clone());
        async move {
            let script = ScriptedSpout::new().emit(0..10_u64);
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", script.factory());
            topology.bolt("by key", move || first.bolt()).fields(&numbers, |n| n);
            topology.bolt("slow", move || Slow::new(second.bolt(), Duration::from_secs(1))).shuffle(&numbers);
            let running = topology.build().unwrap().start();
            run_until_idle().await;
            assert_eq!(script.acked(), [0; 0], "acknowledged when both are done");
            within_an_hour(running.wait()).await.unwrap();
            assert_eq!(script.acked().len(), 10);
        }
    });
    assert_eq!((one.len(), two.len()), (10, 10));
}

#[test]
fn storm_3_a_stream_without_a_reader_is_counted_as_emitted_and_goes_nowhere() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("same", || map(|n: &u64| *n)).shuffle(&numbers).ignore();
        numbers.for_each("end", |_| {});
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("same").emitted, 10);
        assert!(report.snapshot.edges.iter().all(|edge| edge.from != "same"), "{report:?}");
        assert_eq!(script.acked().len(), 10);
    });
}
