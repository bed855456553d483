//! How often a tuple is tried is a matter of its spout.

use std::time::Duration;

use flowcore::base::Backoff;
use flowcore::process::{BoltError, RetryPolicy};
use flowcore_testkit::{Recorder, ScriptedSpout, simulate};

use crate::process::{act, end_of, topology};

#[test]
fn each_spout_has_its_own_policy_and_the_others_have_the_topologys() {
    simulate(|clock| async move {
        let (stubborn, usual) = (ScriptedSpout::new().emit([1_u64]), ScriptedSpout::new().emit([2_u64]));
        let tries = Recorder::new();
        let record = tries.clone();
        let mut topology = topology(clock.clone());
        let backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(10));
        let first =
            topology.spout("stubborn", stubborn.factory()).retry(RetryPolicy { max_attempts: 5, backoff });
        let second = topology.spout("usual", usual.factory());
        topology
            .bolt("fail", move || {
                let (record, clock, start) = (record.clone(), clock.clone(), clock.now());
                act(move |n, _| {
                    record.push((n, clock.now().since(start).as_millis()));
                    Err(BoltError::retry("never"))
                })
            })
            .shuffle(&first)
            .shuffle(&second)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let at = |wanted| tries.items().into_iter().filter(move |(n, _)| *n == wanted).map(|(_, at)| at);
        assert_eq!(at(1).collect::<Vec<_>>(), [0, 10, 20, 30, 40]);
        assert_eq!(at(2).collect::<Vec<_>>(), [0, 100, 300]);
        assert_eq!(report.snapshot.component("stubborn").dead, 1);
    });
}

#[test]
fn a_policy_without_an_attempt_is_refused_with_the_spouts_name() {
    let script = ScriptedSpout::new().emit([1_u64]);
    let mut topology = flowcore::process::TopologyBuilder::new("test");
    let backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(10));
    let numbers = topology.spout("numbers", script.factory()).retry(RetryPolicy { max_attempts: 0, backoff });
    numbers.for_each("read", |_| {});
    let error = topology.build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "topology test cannot run: numbers has a max_attempts of zero: give it at least 1"
    );
}
