//! Dead letters as a stream: delivered like other tuples, and covered by what covers them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{DeliveryError, LossKind, RestartPolicy, Token};
use flowcore::process::{
    Bolt, BoltError, DeadLettered, Emitter, Next, NoOutput, Outputs, RetryPolicy, Spout, SpoutError, for_each,
};
use flowcore_testkit::{Random, Recorder, ScriptedSpout, run_until_idle, simulate};

use crate::process::{act, end_of, topology, within_an_hour};
use crate::seeds::Seed;

/// A bolt that reads dead letters.
struct Morgue<F>(F);

impl<F> Bolt<DeadLettered<u64>> for Morgue<F>
where
    F: FnMut(&DeadLettered<u64>, &mut NoOutput) -> Result<(), BoltError> + Send + 'static,
{
    type Out = NoOutput;

    async fn execute(&mut self, dead: &DeadLettered<u64>, out: &mut NoOutput) -> Result<(), BoltError> {
        (self.0)(dead, out)
    }
}

fn morgue<F>(f: F) -> Morgue<F>
where
    F: FnMut(&DeadLettered<u64>, &mut NoOutput) -> Result<(), BoltError> + Send + 'static,
{
    Morgue(f)
}

fn reject(wanted: fn(u64) -> bool) -> impl Fn(u64, &mut Emitter<u64>) -> Result<(), BoltError> {
    move |n, _| if wanted(n) { Err(BoltError::reject("never")) } else { Ok(()) }
}

#[test]
fn storm_22_16_a_poison_tuple_comes_to_the_reader_with_its_reason_and_only_then_is_its_source_told() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let letters = Recorder::new();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("check", || act(reject(|n| n % 4 == 1))).shuffle(&numbers).ignore();
        let (record, acked) = (letters.clone(), script.clone());
        topology
            .bolt("bury", move || {
                let (record, acked) = (record.clone(), acked.clone());
                morgue(move |dead, _| {
                    assert!(!acked.acked().contains(dead.tuple()), "told before it was buried");
                    let letter = dead.letter();
                    record.push((*dead.tuple(), letter.index, letter.attempts, letter.error.clone()));
                    Ok(())
                })
            })
            .fields_by(&numbers.dead_letters(), |dead| *dead.tuple())
            .parallelism(3);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let mut found = letters.items();
        found.sort_by_key(|(n, ..)| *n);
        let tuples: Vec<_> = found.iter().map(|&(n, index, attempts, _)| (n, index, attempts)).collect();
        assert_eq!(tuples, [(1, 1, 1), (5, 5, 1), (9, 9, 1)]);
        assert_eq!(found[0].3.chain(), "rejected for good in check: never");
        assert_eq!(script.acked().len(), 10);
        let spout = report.snapshot.component("numbers");
        assert_eq!((spout.emitted, spout.acked, spout.dead, spout.lost), (10, 7, 3, 0));
        let edge = report.snapshot.edges.iter().find(|edge| &*edge.to == "bury").unwrap();
        assert_eq!((&*edge.from, edge.tuples), ("numbers.dead_letters", 3));
    });
}

#[test]
fn a_dead_letter_that_fails_is_tried_again_and_given_up_like_a_tuple_but_makes_no_other_dead_letter() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2]);
        let tries = Recorder::new();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("check", || act(reject(|_| true))).shuffle(&numbers).ignore();
        let (record, start) = (tries.clone(), clock.now());
        topology
            .bolt("fail", move || {
                let (record, clock) = (record.clone(), clock.clone());
                morgue(move |dead, _| {
                    record.push((*dead.tuple(), clock.now().since(start).as_millis()));
                    let of_two = record.items().iter().filter(|(n, _)| *n == 2).count();
                    if *dead.tuple() == 2 && of_two == 2 { Ok(()) } else { Err(BoltError::retry("no")) }
                })
            })
            .shuffle(&numbers.dead_letters());
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(tries.items(), [(1, 0), (2, 0), (1, 100), (2, 100), (1, 300)]);
        let spout = report.snapshot.component("numbers");
        assert_eq!((spout.acked, spout.dead, spout.lost), (0, 2, 1));
        assert_eq!(script.acked().len(), 2, "given up counts as safe");
        assert_eq!(report.unsettled, []);
    });
}

struct Mixed(u32);

impl Spout for Mixed {
    type Out = (Emitter<str>, Emitter<u64>);

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        self.0 += 1;
        out.0.emit("a text");
        out.1.emit(u64::from(self.0));
        Ok(if self.0 == 3 { Next::End } else { Next::More })
    }
}

struct Refuse;

impl Bolt<str> for Refuse {
    type Out = NoOutput;

    async fn execute(&mut self, _: &str, _: &mut NoOutput) -> Result<(), BoltError> {
        Err(BoltError::reject("no text"))
    }
}

impl Bolt<u64> for Refuse {
    type Out = NoOutput;

    async fn execute(&mut self, _: &u64, _: &mut NoOutput) -> Result<(), BoltError> {
        Err(BoltError::reject("no number"))
    }
}

#[test]
fn each_output_of_a_spout_has_dead_letters_of_its_own_type_and_a_handler_sees_them_too() {
    simulate(|clock| async move {
        let (texts, numbers, handled) = (Recorder::new(), Recorder::new(), Recorder::new());
        let mut topology = topology(clock);
        let mixed = topology.spout("mixed", || Mixed(0));
        topology.bolt("refuse", || Refuse).shuffle(&mixed.0).shuffle(&mixed.1);
        let (of_text, of_numbers) = mixed.dead_letters();
        let (text, number, handle) = (texts.clone(), numbers.clone(), handled.clone());
        mixed.1.on_dead_letter(move |n: &u64, _| handle.push(*n));
        of_text.for_each("texts", move |dead: &DeadLettered<str>| text.push(dead.tuple().to_owned()));
        of_numbers.for_each("numbers", move |dead: &DeadLettered<u64>| number.push(*dead.tuple()));
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(texts.items(), ["a text"; 3]);
        assert_eq!((numbers.items(), handled.items()), (vec![1, 2, 3], vec![1, 2, 3]));
    });
}

#[test]
fn a_dead_letter_that_its_reader_keeps_is_unsettled_when_the_topology_is_stopped() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2]).stay_open();
        let kept: Arc<Mutex<Vec<Token>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let mut topology = topology(clock).grace(Duration::from_secs(5));
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("check", || act(reject(|n| n == 1))).shuffle(&numbers).ignore();
        topology
            .bolt("keep", move || {
                let keep = Arc::clone(&keep);
                morgue(move |_, out| {
                    keep.lock().unwrap().push(out.keep());
                    Ok(())
                })
            })
            .shuffle(&numbers.dead_letters());
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        assert_eq!((script.acked(), kept.lock().unwrap().len()), (vec![2], 1));
        running.handle().stop();
        let report = within_an_hour(running.wait()).await.unwrap();
        assert_eq!(report.unsettled.iter().map(|left| left.tuples).sum::<usize>(), 1);
        assert_eq!(report.snapshot.component("numbers").dead, 0);
        assert_eq!(script.failed(), [1]);
    });
}

#[test]
fn a_tuple_that_is_refused_at_the_very_end_is_not_lost_with_the_reader_that_has_ended() {
    /// Refuses what it kept when its inputs have ended.
    #[derive(Default)]
    struct Late(Vec<Token>);

    impl Bolt<u64> for Late {
        type Out = NoOutput;

        async fn execute(&mut self, _: &u64, out: &mut NoOutput) -> Result<(), BoltError> {
            self.0.push(out.keep());
            Ok(())
        }

        async fn cleanup(&mut self, _: &mut NoOutput) -> Result<(), BoltError> {
            for token in self.0.drain(..) {
                token.fail(flowcore::base::DeliveryError::new("late", LossKind::Rejected));
            }
            Ok(())
        }
    }

    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let read = Recorder::new();
        let record = read.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("late", Late::default).shuffle(&numbers);
        let dead = numbers.dead_letters();
        topology
            .bolt("read", move || {
                let record = record.clone();
                for_each(move |dead: &DeadLettered<u64>| record.push(*dead.tuple()))
            })
            .shuffle(&dead);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let left: usize = report.unsettled.iter().map(|left| left.tuples).sum();
        assert_eq!((read.items(), left, script.failed()), (vec![], 1, vec![1]));
    });
}

#[test]
fn under_random_failures_every_tuple_is_processed_or_buried_before_its_source_is_told() {
    for seed in 0..80 {
        let _said = Seed(seed);
        simulate(|clock| async move {
            let dice = Arc::new(Mutex::new(Random::new(seed)));
            let script = ScriptedSpout::new().emit(0..100_u64).emit(100..150);
            // What has come to a place, and whether its source had been told before.
            let places: Arc<Mutex<BTreeMap<u64, bool>>> = Arc::default();
            let mut topology = topology(clock).batch(9).max_pending(30).mailbox(1);
            let numbers = topology.spout("numbers", script.factory()).parallelism(2);
            let (roll, place, acked) = (Arc::clone(&dice), Arc::clone(&places), script.clone());
            topology
                .bolt("work", move || {
                    let (roll, place, acked) = (Arc::clone(&roll), Arc::clone(&place), acked.clone());
                    act(move |n, _| {
                        let rolled = roll.lock().unwrap().below(10);
                        match rolled {
                            0..3 => return Err(BoltError::retry("by chance")),
                            3 => return Err(BoltError::reject("by chance")),
                            4 => panic!("by chance"),
                            _ => {}
                        }
                        place.lock().unwrap().insert(n, acked.acked().contains(&n));
                        Ok(())
                    })
                })
                .shuffle(&numbers)
                .parallelism(2)
                .ignore();
            let (roll, place, acked) = (Arc::clone(&dice), Arc::clone(&places), script.clone());
            topology
                .bolt("bury", move || {
                    let (roll, place, acked) = (Arc::clone(&roll), Arc::clone(&place), acked.clone());
                    morgue(move |dead, _| {
                        if roll.lock().unwrap().percent(20) {
                            return Err(BoltError::retry("by chance"));
                        }
                        let n = *dead.tuple();
                        place.lock().unwrap().insert(n, acked.acked().contains(&n));
                        Ok(())
                    })
                })
                .shuffle(&numbers.dead_letters());
            let report = end_of(topology.restart(tireless()).build().unwrap()).await.unwrap();
            let spout = report.snapshot.component("numbers");
            assert_eq!((spout.emitted, spout.acked + spout.dead), (150, 150));
            assert_eq!((script.acked().len(), report.unsettled.len()), (150, 0));
            let places = places.lock().unwrap();
            assert_eq!(places.len() as u64, 150 - spout.lost);
            assert!(places.values().all(|told| !told), "told too early");
        });
    }
}

fn tireless() -> RestartPolicy {
    RestartPolicy { max_restarts: u32::MAX, ..RestartPolicy::default() }
}

/// Keeps what it gets until its inputs have ended, and refuses it then.
struct RefusesAtTheEnd(Vec<Token>);

impl Bolt<u64> for RefusesAtTheEnd {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(out.keep());
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        let error = || DeliveryError::new("the end", LossKind::Rejected);
        self.0.drain(..).for_each(|token| token.fail(error()));
        Ok(())
    }
}

#[test]
fn a_dead_letter_that_comes_when_its_readers_have_ended_is_not_told_to_the_source_as_safe() {
    for max_attempts in [1, 3] {
        simulate(|clock| async move {
            let retry = RetryPolicy { max_attempts, ..RetryPolicy::default() };
            let script = ScriptedSpout::new().emit([7_u64]);
            let mut topology = topology(clock).retry(retry);
            let numbers = topology.spout("numbers", script.factory());
            numbers.bolt("refuse", || RefusesAtTheEnd(Vec::new()));
            numbers.dead_letters().for_each("bury", |_| {});
            let report = end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(report.snapshot.component("bury").executed, 0, "it had ended");
            assert_eq!(script.acked(), [0; 0], "nobody has it");
        });
    }
}
