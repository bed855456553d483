//! The model, and what is checked before anything runs.

use flowcore::process::futures::StreamSpout;
use flowcore::process::{Bolt, BoltError, Emitter, Problem, TopologyBuilder};
use flowcore_testkit::{Recorder, ScriptedSpout, simulate};

use super::super::{end_of, topology};

#[test]
fn storm_1_build_checks_a_topology_and_run_runs_it_in_this_process() {
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", ScriptedSpout::new().emit([1_u64, 2]).factory());
            numbers.bolt("record", move || record.bolt());
            let report = topology.build().unwrap().run().await.unwrap();
            assert_eq!(report.unsettled, []);
        }
    });
    assert_eq!(seen.items(), [1, 2], "what it did is seen here");
}

#[test]
fn storm_1_any_stream_is_a_spout_and_closures_over_plain_types_are_bolts() {
    #[derive(Debug, Clone, PartialEq)]
    struct Order {
        drink: &'static str,
        cups: u32,
    }
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let order = |cups| Order { drink: "latte", cups };
            let mut topology = topology(clock);
            let spout = move || StreamSpout::new(futures_util::stream::iter((1..4).map(order)));
            let large = topology.spout("orders", spout).filter("large", |order| order.cups > 2);
            large.bolt("record", move || record.bolt());
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    assert_eq!(seen.items(), [Order { drink: "latte", cups: 3 }]);
}

/// Numbers as they are, and as text.
struct Both;

impl Bolt<u64> for Both {
    type Out = (Emitter<u64>, Emitter<str>);

    async fn execute(&mut self, number: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.0.emit(*number);
        out.1.emit(&number.to_string());
        Ok(())
    }
}

#[test]
fn storm_1_several_outputs_are_several_streams_of_their_own_types() {
    let (numbers, text) = (Recorder::<u64>::new(), Recorder::<String>::new());
    simulate(|clock| {
        let (of_numbers, of_text) = (numbers.clone(), text.clone());
        async move {
            let mut topology = topology(clock);
            let spout = topology.spout("numbers", ScriptedSpout::new().emit([7_u64]).factory());
            let both = topology.bolt("both", || Both).shuffle(&spout);
            both.0.bolt("numbers of both", move || of_numbers.bolt());
            both.1.bolt("text of both", move || of_text.bolt());
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    assert_eq!((numbers.items(), text.items()), (vec![7], vec!["7".to_owned()]));
}

#[test]
fn storm_1_parallelism_is_the_number_of_tasks_each_with_an_index() {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let spout = topology.spout("numbers", ScriptedSpout::<u64>::new().factory()).parallelism(2);
        spout.for_each("end", |_| {}).parallelism(3);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let tasks: Vec<_> = report.snapshot.tasks.iter().map(|task| (&*task.component, task.task)).collect();
        assert_eq!(tasks, [("numbers", 0), ("numbers", 1), ("end", 0), ("end", 1), ("end", 2)]);
    });
}

#[test]
fn storm_1_what_storm_does_not_check_is_an_error_that_names_the_component() {
    let mut topology = TopologyBuilder::new("test");
    let spout = topology.spout("same", ScriptedSpout::<u64>::new().factory()).parallelism(0);
    let first = topology.bolt("same", || flowcore::process::map(|n: &u64| *n)).shuffle(&spout);
    let second = first.map("__system", |n| *n);
    let _ = first.shuffle(&second);
    let name = |name: &str| name.to_owned();
    let problems = topology.build().unwrap_err().problems;
    let (circle, others) = problems.split_last().unwrap();
    let expected = [
        Problem::NoTasks { component: name("same") },
        Problem::DuplicateName { component: name("same") },
        Problem::ReservedName { component: name("__system") },
    ];
    assert_eq!(others, expected);
    assert!(matches!(circle, Problem::Cycle { path } if path.len() == 3), "{circle:?}");
    let no_spout = TopologyBuilder::new("no spout").build().unwrap_err();
    assert_eq!(no_spout.problems, [Problem::NoSpout]);
}
