//! Configuration: each setting by its effect. Most are shown in the sections of what they configure.

use std::time::Duration;

use flowcore::base::Backoff;
use flowcore::process::{BoltError, RetryPolicy};
use flowcore_testkit::{Recorder, ScriptedSpout, simulate};

use super::super::{act, end_of, topology};

#[test]
fn storm_7_a_components_own_setting_wins_over_the_topologys_and_that_over_the_default() {
    simulate(|clock| async move {
        let policy = |max_attempts| RetryPolicy {
            max_attempts,
            backoff: Backoff::new(Duration::from_millis(1), Duration::from_millis(1)),
        };
        let script = |n: u64| ScriptedSpout::new().emit([n]);
        let tries = Recorder::new();
        let record = tries.clone();
        let mut topology = topology(clock).retry(policy(2));
        let own = topology.spout("own", script(1).factory()).retry(policy(5));
        let general = topology.spout("general", script(2).factory());
        let fails = move || {
            let record = record.clone();
            act(move |n, _| {
                record.push(n);
                Err(BoltError::retry("never"))
            })
        };
        topology.bolt("fails", fails).shuffle(&own).shuffle(&general).ignore();
        end_of(topology.build().unwrap()).await.unwrap();
        let tries = tries.items();
        assert_eq!([1, 2].map(|n| tries.iter().filter(|tried| **tried == n).count()), [5, 2]);
        assert_eq!(RetryPolicy::default().max_attempts, 3);
    });
}

#[test]
fn storm_7_statistics_are_exact_and_not_sampled() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..1_237_u64);
        let mut topology = topology(clock).batch(100);
        let numbers = topology.spout("numbers", script.factory());
        numbers.filter("odd", |n| n % 2 == 1).for_each("end", |_| {}).parallelism(3);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let count = |name: &str| report.snapshot.component(name);
        assert_eq!((count("numbers").emitted, count("numbers").acked), (1_237, 1_237));
        assert_eq!((count("odd").executed, count("odd").emitted), (1_237, 618));
        assert_eq!((count("end").executed, count("end").acked), (618, 618));
        assert_eq!(count("end").latency.tuples(), 618);
    });
}
