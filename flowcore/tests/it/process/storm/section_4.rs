//! Anchoring, ack, fail. What is unanchored, anchored to several inputs, late or dead: see `delivery`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{LossKind, Token};
use flowcore::process::{BoltError, Delivery, Outputs, for_each};
use flowcore_testkit::{Flaky, Plan, Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

use super::super::{act, end_of, topology, within_an_hour};

#[test]
fn storm_4_what_a_spout_emits_is_tracked_by_default() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..3_u64).stay_open();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_secs(1));
        topology.bolt("slow", slow).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        let spout = running.handle().snapshot().component("numbers");
        assert_eq!((spout.emitted, spout.waiting, spout.acked), (3, 3, 0), "three are pending");
        clock.sleep(Duration::from_secs(4)).await;
        let spout = running.handle().snapshot().component("numbers");
        assert_eq!((spout.waiting, spout.acked, script.acked().len()), (0, 3, 3));
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_4_a_root_is_acknowledged_once_when_its_whole_tree_is_done_in_whatever_order() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        for (name, seconds) in [("late", 9), ("soon", 1), ("between", 5)] {
            let many = numbers.flat_map(format!("{name} many"), |n| vec![*n; 3]);
            let slow = move || Slow::new(for_each(|_: &u64| {}), Duration::from_secs(seconds));
            topology.bolt(name, slow).shuffle(&many).parallelism(2);
        }
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_secs(17)).await;
        assert_eq!(script.acked(), [0; 0]);
        within_an_hour(running.wait()).await.unwrap();
        assert_eq!(script.acked(), [1]);
    });
}

#[test]
fn storm_4_without_acks_a_tuple_is_acknowledged_as_soon_as_it_is_sent() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..4_u64).stay_open();
        let mut topology = topology(clock).delivery(Delivery::BestEffort);
        let numbers = topology.spout("numbers", script.factory());
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_secs(1));
        topology.bolt("slow", slow).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        assert_eq!(script.acked().len(), 4);
        assert_eq!(running.handle().snapshot().component("slow").acked, 0);
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_4_a_failed_tuple_is_replayed_after_a_delay_as_often_as_its_policy_says_and_then_a_dead_letter() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2]);
        let (tries, dead) = (Recorder::new(), Recorder::new());
        let (record, bury, start) = (tries.clone(), dead.clone(), clock.now());
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, letter| bury.push((*n, letter.attempts)));
        let fails = move || {
            let (record, clock) = (record.clone(), clock.clone());
            act(move |n, _| {
                record.push((n, clock.now().since(start).as_millis()));
                if n == 1 { Err(BoltError::retry("never")) } else { Ok(()) }
            })
        };
        topology.bolt("fails", fails).shuffle(&numbers).ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(tries.items(), [(1, 0), (2, 0), (1, 100), (1, 300)]);
        assert_eq!(dead.items(), [(1, 3)]);
        let spout = report.snapshot.component("numbers");
        assert_eq!((spout.failed, spout.replayed, spout.dead), (3, 2, 1));
    });
}

#[test]
fn storm_4_a_token_that_is_neither_acked_nor_failed_fails_its_tuple_when_it_is_dropped() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let dead = Recorder::new();
        let bury = dead.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |_, letter| bury.push(letter.error.kind()));
        let forgets = || {
            act(|_, out| {
                drop(out.keep());
                Ok(())
            })
        };
        topology.bolt("forgets", forgets).shuffle(&numbers).ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(dead.items(), [LossKind::Dropped]);
        assert_eq!(report.unsettled, [], "nothing leaks");
    });
}

#[test]
fn storm_4_a_late_answer_of_an_attempt_that_failed_is_ignored() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).stay_open();
        let kept: Arc<Mutex<Vec<Token>>> = Arc::default();
        let (keep, plan) = (Arc::clone(&kept), Plan::fail_first(1));
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        let keeps = move || {
            let keep = Arc::clone(&keep);
            act(move |_, out| {
                keep.lock().unwrap().push(out.keep());
                Ok(())
            })
        };
        topology.bolt("keeps", keeps).shuffle(&numbers).ignore();
        let flaky = move || Flaky::new(for_each(|_: &u64| {}), plan.clone());
        topology.bolt("flaky", flaky).shuffle(&numbers);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(kept.lock().unwrap().len(), 2, "replayed while the first attempt is still kept");
        let mut tokens = std::mem::take(&mut *kept.lock().unwrap());
        tokens.pop().unwrap().ack();
        run_until_idle().await;
        let acked = script.acked();
        drop(tokens);
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!((acked, script.acked()), (vec![1], vec![1]));
        let spout = running.handle().snapshot().component("numbers");
        assert_eq!((spout.failed, spout.replayed), (1, 1), "the old attempt's failure is not one more");
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_4_complete_latency_is_from_the_emit_to_the_acknowledgement() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_millis(100));
        topology.bolt("slow", slow).shuffle(&numbers);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let latency = report.snapshot.component("numbers").latency;
        let median = latency.quantile(0.5).unwrap().as_millis();
        assert_eq!(latency.tuples(), 1);
        assert!((90..=115).contains(&median), "{median} ms");
    });
}
