//! What is acknowledged when, and what becomes of tuples that fail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{LossKind, Token, TokenSet};
use flowcore::process::{BoltError, Delivery, Outputs, for_each, map};
use flowcore_testkit::{Recorder, ScriptedSpout, run_until_idle, simulate};

use crate::process::{act, end_of, topology, within_an_hour};

#[test]
fn a_tuple_is_acknowledged_when_every_bolt_has_returned_ok() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2, 3]);
        let seen = Recorder::new();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let doubled = topology.bolt("double", || map(|n: &u64| n * 2)).shuffle(&numbers);
        let (record, acked) = (seen.clone(), script.clone());
        topology
            .bolt("record", move || {
                let (record, acked) = (record.clone(), acked.clone());
                for_each(move |n: &u64| record.push((*n, acked.acked().len())))
            })
            .global(&doubled);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [(2, 0), (4, 0), (6, 0)], "nothing is acknowledged before");
        assert_eq!(script.acked(), [1, 2, 3]);
        assert_eq!(report.unsettled, []);
    });
}

#[test]
fn a_kept_token_delays_settling_but_does_not_count_against_max_pending() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..50_u64).stay_open();
        let kept = Arc::new(Mutex::new(TokenSet::default()));
        let keep = Arc::clone(&kept);
        let mut topology = topology(clock).max_pending(5).batch(5);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("keep", move || {
                let keep = Arc::clone(&keep);
                act(move |_, out| {
                    out.keep_in(&mut keep.lock().unwrap());
                    Ok(())
                })
            })
            .shuffle(&numbers)
            .ignore();
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        run_until_idle().await;
        let snapshot = handle.snapshot();
        assert_eq!(kept.lock().unwrap().len(), 50, "all of them came through");
        assert_eq!((snapshot.component("numbers").waiting, snapshot.component("numbers").acked), (0, 0));
        assert!(script.acked().is_empty());
        std::mem::take(&mut *kept.lock().unwrap()).ack();
        run_until_idle().await;
        assert_eq!(script.acked().len(), 50);
        handle.stop();
        assert_eq!(within_an_hour(running.wait()).await.unwrap().unsettled, []);
    });
}

#[test]
fn a_dropped_token_is_a_failure_and_its_tuple_alone_is_replayed() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("drop", move || {
                let record = record.clone();
                act(move |n, out| {
                    record.push(n);
                    if n == 4 && record.len() <= 10 {
                        drop(out.keep());
                    }
                    Ok(())
                })
            })
            .shuffle(&numbers)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 4]);
        assert_eq!(script.acked().len(), 10);
        let spout = report.snapshot.component("numbers");
        assert_eq!((spout.failed, spout.replayed, spout.dead), (1, 1, 0));
    });
}

#[test]
fn an_error_is_replayed_after_the_back_off_and_then_given_up_with_its_cause_and_attempts() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([7_u64]);
        let (tries, letters) = (Recorder::new(), Recorder::new());
        let (record, write) = (tries.clone(), letters.clone());
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        let acked = script.clone();
        numbers.on_dead_letter(move |n: &u64, letter| {
            assert!(acked.acked().is_empty(), "the source is told when the letter is delivered");
            write.push((*n, letter.clone()));
        });
        topology
            .bolt("parse", move || {
                let (record, start) = (record.clone(), clock.now());
                let clock = clock.clone();
                act(move |_, _| {
                    record.push(clock.now().since(start).as_millis());
                    Err("seven".parse::<u64>().map(|_| ()).unwrap_err())?
                })
            })
            .shuffle(&numbers)
            .ignore();
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(tries.items(), [0, 100, 300]);
        let (n, letter) = letters.items().remove(0);
        assert_eq!((n, letter.attempts, letter.task, &*letter.spout), (7, 3, 0, "numbers"));
        assert_eq!((letter.error.component(), letter.error.kind()), ("parse", LossKind::Failed));
        assert_eq!(letter.error.chain(), "delivery failed in parse: invalid digit found in string");
        assert_eq!(script.acked(), [7], "whoever takes dead letters has it");
    });
}

#[test]
fn a_rejected_tuple_is_given_up_at_once_even_if_another_bolt_failed_it_too() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2]);
        let (tries, letters) = (Recorder::new(), Recorder::new());
        let (record, write) = (tries.clone(), letters.clone());
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, letter| write.push((*n, letter.attempts, letter.error.kind())));
        topology
            .bolt("fail", || {
                let fail = |n| if n == 1 { Err(BoltError::retry("not now")) } else { Ok(()) };
                act(move |n, _| fail(n))
            })
            .shuffle(&numbers)
            .ignore();
        topology
            .bolt("reject", move || {
                let record = record.clone();
                act(move |n, _| {
                    record.push(n);
                    if n == 1 { Err(BoltError::reject("never")) } else { Ok(()) }
                })
            })
            .shuffle(&numbers)
            .ignore();
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(tries.items(), [1, 2]);
        assert_eq!(letters.items(), [(1, 1, LossKind::Rejected)]);
    });
}

#[test]
fn best_effort_tracks_nothing() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).delivery(Delivery::BestEffort);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("fail", move || {
                let record = record.clone();
                act(move |n, out: &mut flowcore::process::Emitter<u64>| {
                    assert!(!out.keep().is_tracked());
                    record.push(n);
                    Err(BoltError::retry("lost"))
                })
            })
            .shuffle(&numbers)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), (0..10).collect::<Vec<_>>(), "nothing is replayed");
        assert_eq!(script.acked().len(), 10, "what is sent is as safe as it will be");
        assert_eq!((report.snapshot.component("fail").failed, report.unsettled), (10, vec![]));
    });
}

#[test]
fn a_cover_over_several_batches_is_answered_when_the_last_of_them_is_safe() {
    simulate(|clock| async move {
        let answers = Recorder::new();
        let tell = answers.clone();
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).batch(4);
        let covered = crate::process::spouts::Once::new(move |out: &mut flowcore::process::Emitter<u64>| {
            let tell = tell.clone();
            out.cover(Token::new(move |outcome| tell.push(outcome.is_ok())));
            (0..10).for_each(|n| out.emit(n));
        });
        let numbers = topology.spout("numbers", covered.factory());
        let told = answers.clone();
        topology
            .bolt("fail once", move || {
                let (record, told) = (record.clone(), told.clone());
                act(move |n, _| {
                    assert!(told.is_empty(), "told before {n} was safe");
                    record.push(n);
                    if n == 9 && record.len() <= 10 { Err(BoltError::retry("once")) } else { Ok(()) }
                })
            })
            .shuffle(&numbers)
            .ignore();
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.len(), 11);
        assert_eq!(answers.items(), [true]);
    });
}

#[test]
fn replays_come_even_when_their_spout_has_ended_and_another_goes_on() {
    simulate(|clock| async move {
        let short = ScriptedSpout::new().emit([1_u64]);
        let long = ScriptedSpout::new().wait(Duration::from_mins(1)).emit([2_u64]);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock);
        let first = topology.spout("short", short.factory());
        let second = topology.spout("long", long.factory());
        topology
            .bolt("fail twice", move || {
                let record = record.clone();
                act(move |n, _| {
                    record.push(n);
                    if record.len() < 3 { Err(BoltError::retry("twice")) } else { Ok(()) }
                })
            })
            .shuffle(&first)
            .shuffle(&second)
            .ignore();
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [1, 1, 1, 2]);
        assert_eq!((short.acked(), long.acked()), (vec![1], vec![2]));
    });
}

#[test]
fn a_batch_that_is_rejected_whole_frees_its_places() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..100_u64);
        let mut topology = topology(clock).max_pending(4).batch(2);
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("reject", || act(|_, _| Err(BoltError::reject("never")))).shuffle(&numbers).ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("numbers").dead, 100);
        assert_eq!(report.snapshot.component("numbers").waiting, 0);
    });
}

#[test]
fn a_panic_in_a_dead_letter_handler_or_a_token_stays_where_it_is() {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let covered = crate::process::spouts::Once::new(|out: &mut flowcore::process::Emitter<u64>| {
            out.cover(Token::new(|_| panic!("in a token")));
            out.emit(1);
            out.emit(2);
        });
        let numbers = topology.spout("numbers", covered.factory());
        numbers.on_dead_letter(|_, _| panic!("in a handler"));
        topology.bolt("reject", || act(|_, _| Err(BoltError::reject("never")))).shuffle(&numbers).ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("numbers").dead, 2);
    });
}
