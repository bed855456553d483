//! What a grouping can do wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flowcore::base::LossKind;
use flowcore::process::{Delivery, Directed, Grouping, Problem, Routes, Targets, for_each, map};
use flowcore_testkit::{Recorder, ScriptedSpout, simulate};

use super::{Seen, Work};
use crate::process::{end_of, topology};

/// Sends a number to the task of that number, wherever that is.
struct Literal;

impl Grouping<u64> for Literal {
    fn route(&mut self, number: &u64, to: &mut Routes) {
        to.task(usize::try_from(*number).unwrap());
    }
}

/// What happens to 0 to 5 on so many tasks: who saw what, and the dead letters.
fn literal(tasks: usize) -> (Seen, Recorder<(u64, u32, LossKind, String)>) {
    let (seen, dead) = (Seen::new(), Recorder::new());
    simulate(|clock| {
        let (record, write) = (seen.clone(), dead.clone());
        async move {
            let script = ScriptedSpout::new().emit(0..6_u64);
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", script.factory());
            numbers.on_dead_letter(move |n: &u64, letter| {
                write.push((*n, letter.attempts, letter.error.kind(), letter.error.chain()));
            });
            let work = topology.bolt("work", move || Work::new(&record, 0, 0));
            work.group(&numbers, || Literal).parallelism(tasks);
            let report = end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!((report.unsettled, script.acked().len()), (vec![], 6));
        }
    });
    (seen, dead)
}

#[test]
fn a_tuple_for_a_task_that_does_not_exist_is_a_dead_letter_and_the_others_arrive() {
    for tasks in [1, 2, 5] {
        let (seen, dead) = literal(tasks);
        let mut seen = seen.items();
        seen.sort_unstable();
        assert_eq!(seen, (0..tasks).map(|task| (task, task as u64)).collect::<Vec<_>>());
        let error = |n| {
            format!(
                "rejected for good in work: its grouping named task {n}, and it has {tasks}, counted from 0"
            )
        };
        let expected = (tasks as u64..6).map(|n| (n, 1, LossKind::Rejected, error(n)));
        assert_eq!(dead.items(), expected.collect::<Vec<_>>());
    }
}

#[test]
fn a_grouping_is_asked_even_about_a_single_task() {
    struct Nowhere;
    impl Grouping<u64> for Nowhere {
        fn route(&mut self, _number: &u64, _to: &mut Routes) {}
    }
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("work", move || record.bolt()).group(&numbers, || Nowhere);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!((seen.items(), script.acked()), (vec![], vec![1]));
    });
}

/// Panics on 13 the first time.
struct Unlucky(Arc<AtomicBool>);

impl Grouping<u64> for Unlucky {
    fn route(&mut self, number: &u64, to: &mut Routes) {
        assert!(*number != 13 || !self.0.swap(false, Ordering::Relaxed), "an unlucky number");
        to.task(usize::try_from(*number).unwrap() % to.tasks());
    }
}

#[test]
fn a_grouping_that_panics_is_made_anew_and_its_tuple_alone_is_tried_again() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..30_u64);
        let (seen, lives) = (Seen::new(), Recorder::new());
        let record = seen.clone();
        let armed = Arc::new(AtomicBool::new(true));
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let made = lives.clone();
        topology
            .bolt("work", move || Work::new(&record, 0, 0))
            .group(&numbers, move || {
                made.push(());
                Unlucky(Arc::clone(&armed))
            })
            .parallelism(3);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let mut seen = seen.items();
        assert_eq!(seen.pop(), Some((1, 13)), "it comes late");
        seen.sort_unstable_by_key(|(_, number)| *number);
        let others = (0..30).filter(|n| *n != 13).map(|n| (usize::try_from(n % 3).unwrap(), n));
        assert_eq!(seen, others.collect::<Vec<_>>());
        let spout = report.snapshot.component("numbers");
        assert_eq!((spout.failed, spout.replayed, spout.dead, script.acked().len()), (1, 1, 0, 30));
        assert_eq!(lives.len(), 2);
    });
}

#[test]
fn a_factory_of_groupings_that_panics_stays_where_it_is() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2]);
        let dead = Recorder::new();
        let write = dead.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, letter| write.push((*n, letter.error.chain())));
        let broken = || -> Literal { panic!("no grouping today") };
        topology.bolt("work", || for_each(|_: &u64| {})).group(&numbers, broken);
        end_of(topology.build().unwrap()).await.unwrap();
        let error = "panic in work: its grouping failed: panicked: no grouping today".to_owned();
        assert_eq!(dead.items(), [(1, error.clone()), (2, error)]);
    });
}

#[test]
fn other_subscribers_are_not_touched_by_a_bad_grouping() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([0_u64, 7]);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).delivery(Delivery::BestEffort);
        let numbers = topology.spout("numbers", script.factory());
        let same = topology.bolt("same", || map(|n: &u64| *n)).shuffle(&numbers);
        topology.bolt("bad", || for_each(|_: &u64| {})).group(&same, || Literal);
        topology.bolt("good", move || record.bolt()).shuffle(&same);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [0, 7]);
        assert_eq!(report.snapshot.component("bad").executed, 1);
    });
}

#[test]
fn a_bolt_has_as_many_tasks_as_the_targets_of_its_senders() {
    let bolt = |tasks: Option<usize>, targets: [usize; 2]| {
        let mut topology = flowcore::process::TopologyBuilder::new("desks");
        let first = topology.spout("first", ScriptedSpout::<Directed<u64>>::new().factory());
        let second = topology.spout("second", ScriptedSpout::<Directed<u64>>::new().factory());
        let desk = topology.bolt("desk", || for_each(|_: &Directed<u64>| {}));
        let desk = desk.direct(&first, Targets::new(targets[0])).direct(&second, Targets::new(targets[1]));
        if let Some(tasks) = tasks {
            desk.parallelism(tasks);
        }
        topology.build().map(drop).map_err(|error| (error.to_string(), error.problems))
    };
    assert_eq!(bolt(None, [3, 3]), Ok(()));
    assert_eq!(bolt(Some(3), [3, 3]), Ok(()));
    let other = |tasks, targets| Problem::OtherTargets { component: "desk".to_owned(), tasks, targets };
    let (text, problems) = bolt(None, [3, 2]).unwrap_err();
    assert_eq!(problems, [other(2, 3)]);
    assert!(text.contains("desk has a parallelism of 2, and its senders name one of 3 tasks"), "{text}");
    assert_eq!(bolt(Some(1), [4, 2]).unwrap_err().1, [other(1, 4), other(1, 2)]);
    assert_eq!(bolt(None, [0, 0]).unwrap_err().1, [Problem::NoTasks { component: "desk".to_owned() }]);
}
