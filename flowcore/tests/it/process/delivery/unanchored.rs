//! Tuples that nobody waits for.

use std::time::Duration;

use flowcore::base::Token;
use flowcore::process::{BoltError, Emitter, Outputs, map};
use flowcore_testkit::{Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

use crate::process::spouts::Once;
use crate::process::{act, end_of, topology, within_an_hour};

#[test]
fn storm_4_an_unanchored_tuple_that_fails_is_counted_and_lost_and_its_cause_is_acknowledged() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let parts = topology
            .bolt("parts", || {
                act(|n, out: &mut Emitter<u64>| {
                    if n % 2 == 0 {
                        out.emit(n);
                    } else {
                        out.emit_unanchored(n);
                    }
                    out.emit_unanchored(100 + n);
                    Ok(())
                })
            })
            .shuffle(&numbers);
        topology
            .bolt("fail odd", move || {
                let record = record.clone();
                act(move |n, out| {
                    let token = out.keep();
                    assert_eq!(token.is_tracked(), n % 2 == 0 && n < 100);
                    token.ack();
                    record.push(n);
                    if n == 4 && record.items().iter().filter(|&&n| n == 4).count() == 1 {
                        return Err(BoltError::retry("once"));
                    }
                    if n % 2 == 0 && n < 100 { Ok(()) } else { Err(BoltError::retry("always")) }
                })
            })
            .shuffle(&parts)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let mut expected = (0..10).flat_map(|n| [n, 100 + n]).collect::<Vec<_>>();
        expected.extend([4, 104]);
        assert_eq!(seen.items(), expected, "it keeps its place, and 4 alone is replayed");
        let spout = report.snapshot.component("numbers");
        assert_eq!((spout.acked, spout.failed, spout.dead), (10, 1, 0));
        // Five odd ones, ten above a hundred and one more of these in the replay; and 4, once.
        assert_eq!(report.snapshot.component("fail odd").failed, 17);
        assert_eq!(script.acked().len(), 10);
    });
}

#[test]
fn storm_4_what_a_spout_emits_unanchored_is_not_replayed_not_covered_and_not_counted() {
    simulate(|clock| async move {
        let (answers, seen) = (Recorder::new(), Recorder::new());
        let (tell, record) = (answers.clone(), seen.clone());
        let mut topology = topology(clock).max_pending(2).batch(3);
        let spout = Once::new(move |out: &mut Emitter<u64>| {
            for (name, part) in [("tracked", 0..8_u64), ("none", 8..12)] {
                let tell = tell.clone();
                out.cover(Token::new(move |outcome| tell.push((name, outcome.is_ok()))));
                part.for_each(|n| if n % 4 == 0 && n < 8 { out.emit(n) } else { out.emit_unanchored(n) });
            }
        });
        let numbers = topology.spout("numbers", spout.factory());
        let told = answers.clone();
        topology
            .bolt("fail once", move || {
                let (record, told) = (record.clone(), told.clone());
                act(move |n, _| {
                    assert!(!told.items().contains(&("tracked", true)), "told before {n} was safe");
                    record.push(n);
                    if record.len() <= 12 { Err(BoltError::retry("once")) } else { Ok(()) }
                })
            })
            .shuffle(&numbers)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 4]);
        assert_eq!(answers.items(), [("none", true), ("tracked", true)]);
        let spout = report.snapshot.component("numbers");
        assert_eq!((spout.emitted, spout.acked, spout.failed, spout.dead), (12, 2, 2, 0));
    });
}

#[test]
fn unanchored_tuples_are_worked_off_before_a_stop_is_complete() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..50_u64).stay_open();
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock.clone()).batch(4);
        let numbers = topology.spout("numbers", script.factory());
        let loose = topology
            .bolt("loosen", || {
                act(|n, out: &mut Emitter<u64>| {
                    out.emit_unanchored(n);
                    Ok(())
                })
            })
            .shuffle(&numbers);
        let pass = || map(|n: &u64| *n);
        let slow =
            topology.bolt("slow", move || Slow::new(pass(), Duration::from_millis(10))).shuffle(&loose);
        topology.bolt("record", move || record.bolt()).shuffle(&slow);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
        assert_eq!(seen.len(), 50);
    });
}
