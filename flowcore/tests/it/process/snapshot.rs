//! What a snapshot says.

use std::time::Duration;

use flowcore::process::{BoltError, TopologySnapshot, for_each};
use flowcore_testkit::{ScriptedSpout, Slow, simulate};

use super::{end_of, topology, within_an_hour};

/// Ten numbers, doubled, then looked at by a bolt that takes 100 ms for each, and by another that takes none.
fn snapshot_of_ten() -> TopologySnapshot {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", ScriptedSpout::new().emit(0..10_u64).factory());
        let doubled = numbers.flat_map("double", |n: &u64| [*n, *n]);
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_millis(100));
        doubled.bolt("slow", slow).parallelism(2);
        doubled.for_each("quick", |_| {});
        end_of(topology.build().unwrap()).await.unwrap().snapshot
    })
}

#[test]
fn edges_say_how_many_tuples_went_along_them() {
    let edges = snapshot_of_ten().edges;
    let seen: Vec<_> = edges.iter().map(|edge| (&*edge.from, &*edge.to, edge.tuples)).collect();
    assert_eq!(seen, [("numbers", "double", 10), ("double", "slow", 20), ("double", "quick", 20)]);
}

#[test]
fn a_task_is_busy_while_it_executes_and_its_latency_is_that_of_a_tuple() {
    let snapshot = snapshot_of_ten();
    assert_eq!(snapshot.running_for, Duration::from_secs(1), "two tasks share 20 tuples");
    let slow = snapshot.component("slow");
    assert_eq!(slow.busy, Duration::from_secs(2));
    assert_eq!(slow.latency.tuples(), 20);
    let (tuple, quarter_more) = (Duration::from_millis(100), Duration::from_millis(125));
    assert!((tuple..quarter_more).contains(&slow.latency.quantile(0.99).unwrap()));
    assert_eq!(snapshot.component("quick").busy, Duration::ZERO);
}

#[test]
fn a_spouts_latency_is_from_the_emit_to_the_settling() {
    let numbers = snapshot_of_ten().component("numbers");
    assert_eq!(numbers.latency.tuples(), 10);
    let settled = numbers.latency.quantile(1.0).unwrap();
    assert!((Duration::from_secs(1)..Duration::from_millis(1250)).contains(&settled), "{settled:?}");
}

#[test]
fn prometheus_reads_one_line_for_each_number_and_labels_are_escaped() {
    let text = snapshot_of_ten().prometheus();
    for line in [
        r#"flowcore_executed_tuples_total{topology="test",component="double",task="0"} 10"#,
        r#"flowcore_edge_tuples_total{topology="test",from="double",to="slow"} 20"#,
        r#"flowcore_busy_seconds_total{topology="test",component="slow",task="1"} 1"#,
        r#"flowcore_latency_seconds_count{topology="test",component="slow",task="0"} 10"#,
        "# TYPE flowcore_latency_seconds summary",
    ] {
        assert!(text.lines().any(|seen| seen == line), "{line} is missing in\n{text}");
    }
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout("a \"b\" \\", ScriptedSpout::<u64>::new().factory());
        numbers.for_each("end", |_| {});
        let text = end_of(topology.build().unwrap()).await.unwrap().snapshot.prometheus();
        assert!(text.contains(r#"component="a \"b\" \\",task="0""#), "{text}");
    });
}

#[test]
fn a_fatal_error_in_cleanup_is_the_topologys_error() {
    use flowcore::process::{Bolt, NoOutput};

    struct Leaves;

    impl Bolt<u64> for Leaves {
        type Out = NoOutput;

        async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
            Ok(())
        }

        async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
            Err(BoltError::fatal("the last page could not be written"))
        }
    }

    simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", ScriptedSpout::new().emit([1_u64]).factory());
        numbers.bolt("leaves", || Leaves);
        let error = within_an_hour(topology.build().unwrap().run()).await.unwrap_err();
        assert_eq!(
            (&*error.component, error.cause.to_string()),
            ("leaves", "the last page could not be written".to_owned())
        );
    });
}

/// A bolt may wait for room in a `timeout` or a `select!`: what it gives up there has failed and waits nowhere.
#[test]
fn a_send_that_is_given_up_leaves_no_tuples_waiting() {
    use flowcore::process::{Bolt, Emitter};

    struct Impatient;

    impl Bolt<u64> for Impatient {
        type Out = Emitter<u64>;

        async fn execute(&mut self, tuple: &u64, out: &mut Emitter<u64>) -> Result<(), BoltError> {
            let both = async {
                out.send(*tuple).await;
                out.send(*tuple).await;
            };
            let _ = tokio::time::timeout(Duration::from_millis(1), both).await;
            Ok(())
        }
    }

    simulate(|clock| async move {
        let mut topology = topology(clock).batch(1).mailbox(1);
        let numbers = topology.spout("numbers", ScriptedSpout::new().emit(0..10_u64).factory());
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_millis(100));
        numbers.bolt("impatient", || Impatient).bolt("slow", slow).parallelism(2);
        let snapshot = end_of(topology.build().unwrap()).await.unwrap().snapshot;
        assert!(snapshot.component("numbers").failed > 0, "some were given up");
        assert_eq!(snapshot.component("slow").waiting, 0);
    });
}
