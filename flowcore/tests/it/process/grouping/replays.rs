//! A tuple that is sent again goes where it belongs.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use flowcore::base::{Backoff, Clock, RestartPolicy};
use flowcore::process::{
    Bolt, BoltBuilder, BoltDeclaration, BoltError, Directed, Emitter, Grouping, NoOutput, RetryPolicy,
    Routes, Stream, Targets, TopologyBuilder, map,
};
use flowcore_testkit::{ScriptedSpout, simulate};

use super::{Seen, Work};
use crate::process::end_of;

const TASKS: usize = 4;
const TUPLES: u64 = 300;

/// Fails do not end it: what fails is tried until it passes.
fn stubborn(clock: Clock) -> TopologyBuilder {
    let backoff = || Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    TopologyBuilder::new("stubborn")
        .clock(clock)
        .batch(16)
        .retry(RetryPolicy { max_attempts: 1_000, backoff: backoff() })
        .restart(RestartPolicy {
            backoff: backoff(),
            max_restarts: 10_000,
            stable_after: Duration::from_mins(1),
        })
}

type Subscribe<T> = fn(BoltDeclaration<Work>, &Stream<T>) -> BoltBuilder<Work, NoOutput>;

/// Which task saw which number when three senders send 0 to 299 by way of `make`, and a third of all calls
/// goes wrong. Each number was acknowledged.
fn seen<T: super::Number>(seed: u64, make: fn(u64) -> T, subscribe: Subscribe<T>) -> Seen {
    let calls = Seen::new();
    simulate(|clock| {
        let record = calls.clone();
        async move {
            let script = ScriptedSpout::new().emit(0..TUPLES);
            let mut topology = stubborn(clock);
            let numbers = topology.spout("numbers", script.factory());
            let sent =
                topology.bolt("send", move || map(move |n: &u64| make(*n))).shuffle(&numbers).parallelism(3);
            let work = topology.bolt("work", move || Work::new(&record, 30, seed));
            subscribe(work, &sent).parallelism(TASKS);
            let report = end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(report.unsettled, []);
            assert!(report.snapshot.component("numbers").replayed > 20, "nothing was replayed");
            let mut acked = script.acked();
            acked.sort_unstable();
            assert_eq!(acked, (0..TUPLES).collect::<Vec<_>>());
        }
    });
    calls
}

/// The tasks that saw each key.
fn tasks_of(seen: &Seen, key: impl Fn(u64) -> u64) -> HashMap<u64, HashSet<usize>> {
    let mut tasks: HashMap<u64, HashSet<usize>> = HashMap::new();
    for (task, number) in seen.items() {
        tasks.entry(key(number)).or_default().insert(task);
    }
    tasks
}

fn for_seeds(check: impl Fn(u64)) {
    for seed in 0..12 {
        println!("seed {seed}");
        check(seed);
    }
}

#[test]
fn with_fields_every_attempt_of_a_key_is_on_one_task() {
    for_seeds(|seed| {
        let seen = seen(seed, |n| n, |work, stream| work.fields_by(stream, |n| n % 23));
        let tasks = tasks_of(&seen, |number| number % 23);
        assert_eq!(tasks.len(), 23);
        assert!(tasks.values().all(|tasks| tasks.len() == 1), "{tasks:?}");
    });
}

#[test]
fn with_a_partial_key_every_attempt_of_a_key_is_on_one_of_two_tasks() {
    for_seeds(|seed| {
        let seen = seen(seed, |n| n, |work, stream| work.partial_key_by(stream, |n| n % 7));
        let tasks = tasks_of(&seen, |number| number % 7);
        assert!(tasks.values().all(|tasks| tasks.len() <= 2), "{tasks:?}");
        assert!(tasks.values().any(|tasks| tasks.len() == 2), "{tasks:?}");
    });
}

#[test]
fn with_direct_every_attempt_is_on_the_task_that_was_named() {
    fn directed(number: u64) -> Directed<u64> {
        let task = usize::try_from(number % 4).unwrap();
        Directed::to(Targets::new(TASKS).get(task).unwrap(), number)
    }
    for_seeds(|seed| {
        let seen = seen(seed, directed, |work, stream| work.direct(stream, Targets::new(TASKS)));
        assert!(seen.items().iter().all(|(task, number)| *task as u64 == number % 4));
    });
}

#[test]
fn with_all_every_task_sees_every_tuple_and_it_is_acknowledged_after_the_last() {
    for_seeds(|seed| {
        let seen = seen(seed, |n| n, BoltDeclaration::all);
        let tasks = tasks_of(&seen, |number| number);
        assert!(tasks.values().all(|tasks| tasks.len() == TASKS), "{tasks:?}");
    });
}

#[test]
fn with_global_every_attempt_is_on_the_first_task() {
    for_seeds(|seed| {
        let seen = seen(seed, |n| n, BoltDeclaration::global);
        assert!(seen.items().iter().all(|(task, _)| *task == 0));
    });
}

#[test]
fn with_shuffles_every_tuple_comes_to_some_task() {
    for_seeds(|seed| {
        let (dealt, by_load, local): (Subscribe<u64>, Subscribe<u64>, Subscribe<u64>) =
            (BoltDeclaration::shuffle, BoltDeclaration::shuffle_by_load, BoltDeclaration::local_or_shuffle);
        for subscribe in [dealt, by_load, local] {
            assert_eq!(tasks_of(&seen(seed, |n| n, subscribe), |n| n).len(), 300);
        }
    });
}

/// Multiples of 5 go nowhere, multiples of 2 to two tasks, others to one.
struct Some;

impl Grouping<u64> for Some {
    fn route(&mut self, number: &u64, to: &mut Routes) {
        let task = usize::try_from(*number).unwrap() % to.tasks();
        match number {
            n if n.is_multiple_of(5) => {}
            n if n.is_multiple_of(2) => {
                to.task(task);
                to.task((task + 1) % to.tasks());
            }
            _ => to.task(task),
        }
    }
}

#[test]
fn with_a_grouping_of_ones_own_a_tuple_is_acknowledged_when_all_tasks_that_were_named_have_done_it() {
    for_seeds(|seed| {
        let seen = seen(seed, |n| n, |work, stream| work.group(stream, || Some));
        let tasks = tasks_of(&seen, |number| number);
        for number in 0..TUPLES {
            let task = usize::try_from(number).unwrap() % TASKS;
            let expected = match number {
                n if n.is_multiple_of(5) => None,
                n if n.is_multiple_of(2) => Option::Some([task, (task + 1) % TASKS].into()),
                _ => Option::Some([task].into()),
            };
            assert_eq!(tasks.get(&number), expected.as_ref(), "{number}");
        }
    });
}

/// Numbers as text.
struct Text;

impl Bolt<u64> for Text {
    type Out = Emitter<str>;

    async fn execute(&mut self, number: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.emit(&number.to_string());
        Ok(())
    }
}

/// Text goes to the task of its length.
struct ByLength;

impl Grouping<str> for ByLength {
    fn route(&mut self, text: &str, to: &mut Routes) {
        to.task(text.len());
    }
}

#[test]
fn packed_text_is_grouped_by_key_by_two_tasks_and_by_ones_own_choice() {
    let (by_key, by_length) = (Seen::new(), Seen::new());
    simulate(|clock| {
        let (keys, lengths) = (by_key.clone(), by_length.clone());
        async move {
            let script = ScriptedSpout::new().emit(0..TUPLES);
            let mut topology = stubborn(clock);
            let numbers = topology.spout("numbers", script.factory());
            let text = topology.bolt("text", || Text).shuffle(&numbers).parallelism(3);
            let work = topology.bolt("by key", move || Work::new(&keys, 20, 1));
            work.partial_key(&text, |text| &text[..1]).parallelism(TASKS);
            let work = topology.bolt("by length", move || Work::new(&lengths, 20, 2));
            work.group(&text, || ByLength).parallelism(TASKS);
            end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(script.acked().len(), 300);
        }
    });
    let first_digit = |number: u64| number / 10_u64.pow(number.checked_ilog10().unwrap_or(0));
    assert!(tasks_of(&by_key, first_digit).values().all(|tasks| tasks.len() <= 2));
    assert!(by_length.items().iter().all(|(task, number)| *task == number.to_string().len()));
}
