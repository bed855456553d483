//! Trees of tuples: they branch, they join, and a branch of them fails.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Backoff, Token, TokenSet};
use flowcore::process::{Bolt, BoltError, Emitter, Outputs, RetryPolicy, map};
use flowcore_testkit::{Random, Recorder, ScriptedSpout, simulate};

use crate::process::{act, end_of, topology, within_an_hour};
use crate::seeds::Seed;

/// Emits one tuple for every two, anchored to both.
#[derive(Default)]
struct Pairs {
    first: Option<(u64, TokenSet)>,
}

impl Bolt<u64> for Pairs {
    type Out = Emitter<u64>;

    async fn execute(&mut self, n: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        match self.first.take() {
            None => {
                let mut tokens = TokenSet::default();
                out.keep_in(&mut tokens);
                self.first = Some((*n, tokens));
            }
            Some((first, mut tokens)) => {
                out.keep_in(&mut tokens);
                out.emit_anchored(first * 100 + n, Token::joint(tokens));
            }
        }
        Ok(())
    }
}

#[test]
fn storm_4_a_tuple_anchored_to_two_inputs_belongs_to_the_roots_of_both() {
    simulate(|clock| async move {
        let (left, right) = (ScriptedSpout::new().emit([1_u64]), ScriptedSpout::new().emit([2_u64]));
        let tries = Recorder::new();
        let record = tries.clone();
        let mut topology = topology(clock);
        let first = topology.spout("left", left.factory());
        let second = topology.spout("right", right.factory());
        let pairs = topology.bolt("pairs", Pairs::default).shuffle(&first).shuffle(&second);
        let acked = (left.clone(), right.clone());
        topology
            .bolt("fail once", move || {
                let (record, acked) = (record.clone(), acked.clone());
                act(move |pair, _| {
                    assert_eq!((acked.0.acked().len(), acked.1.acked().len()), (0, 0));
                    record.push(pair);
                    if record.len() == 1 { Err(BoltError::retry("once")) } else { Ok(()) }
                })
            })
            .shuffle(&pairs)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(tries.len(), 2, "both roots failed, both were replayed, and the pair was made again");
        for spout in ["left", "right"] {
            let spout = report.snapshot.component(spout);
            assert_eq!((spout.acked, spout.failed, spout.replayed), (1, 1, 1));
        }
        assert_eq!((left.acked(), right.acked()), (vec![1], vec![2]));
    });
}

#[test]
fn storm_4_a_tree_that_branches_and_joins_is_acknowledged_once_when_its_last_leaf_is() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..20_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).batch(3);
        let numbers = topology.spout("numbers", script.factory());
        let left = topology.bolt("left", || map(|n: &u64| n * 10)).shuffle(&numbers).parallelism(2);
        let right = topology
            .bolt("right", || {
                act(|n, out: &mut Emitter<u64>| {
                    (0..n % 4).for_each(|_| out.emit(n * 10));
                    Ok(())
                })
            })
            .fields(&numbers, |n| n);
        let acked = script.clone();
        topology
            .bolt("join", move || {
                let (record, acked) = (record.clone(), acked.clone());
                act(move |n, _| {
                    assert!(!acked.acked().contains(&(n / 10)), "{n} was acknowledged before");
                    record.push(n);
                    Ok(())
                })
            })
            .shuffle(&left)
            .shuffle(&right)
            .parallelism(3)
            .ignore();
        end_of(topology.build().unwrap()).await.unwrap();
        let leaves = (0..20_u64).map(|n| 1 + n % 4).sum::<u64>();
        assert_eq!(seen.len() as u64, leaves);
        let mut acked = script.acked();
        acked.sort_unstable();
        assert_eq!(acked, (0..20).collect::<Vec<_>>());
    });
}

#[test]
fn storm_4_one_failed_branch_fails_the_root_at_once_and_the_whole_tree_is_replayed() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2]);
        let seen = Recorder::new();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        for name in ["sound", "broken"] {
            let record = seen.clone();
            topology
                .bolt(name, move || {
                    let record = record.clone();
                    act(move |n, _| {
                        record.push((name, n));
                        let tries = record.items().iter().filter(|&&deed| deed == (name, n)).count();
                        let fails = name == "broken" && n == 1 && tries == 1;
                        if fails { Err(BoltError::retry("once")) } else { Ok(()) }
                    })
                })
                .shuffle(&numbers)
                .ignore();
        }
        end_of(topology.build().unwrap()).await.unwrap();
        let times = |deed| seen.items().into_iter().filter(|&seen| seen == deed).count();
        assert_eq!((times(("sound", 1)), times(("broken", 1))), (2, 2), "the sound branch sees it again");
        assert_eq!(
            (times(("sound", 2)), times(("broken", 2))),
            (1, 1),
            "its neighbour in the batch does not"
        );
        assert_eq!(script.acked().len(), 2);
    });
}

/// Keeps some tuples, and emits one for all of them, anchored to all. It has a bit for each of them.
struct Bundles {
    dice: Dice,
    kept: (u64, TokenSet),
}

type Dice = Arc<Mutex<Random>>;

impl Bundles {
    fn new(dice: &Dice) -> Self {
        Self { dice: Arc::clone(dice), kept: (0, TokenSet::default()) }
    }

    fn emit(&mut self, out: &mut Emitter<u64>) {
        let (bits, tokens) = std::mem::take(&mut self.kept);
        if !tokens.is_empty() {
            out.emit_anchored(bits, Token::joint(tokens));
        }
    }
}

impl Bolt<u64> for Bundles {
    type Out = Emitter<u64>;

    async fn execute(&mut self, n: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.kept.0 |= 1 << n;
        out.keep_in(&mut self.kept.1);
        let is_complete = self.dice.lock().unwrap().percent(30);
        if is_complete {
            self.emit(out);
        }
        Ok(())
    }

    async fn cleanup(&mut self, out: &mut Self::Out) -> Result<(), BoltError> {
        self.emit(out);
        Ok(())
    }
}

/// Stores bits, and fails by chance.
struct Store(Dice, Arc<Mutex<u64>>);

impl Store {
    fn put(&self, bits: u64) -> Result<(), BoltError> {
        if self.0.lock().unwrap().percent(20) {
            return Err(BoltError::retry("by chance"));
        }
        *self.1.lock().unwrap() |= bits;
        Ok(())
    }
}

#[test]
fn storm_4_bundles_of_random_size_that_fail_at_random_are_safe_when_all_their_roots_are_told_so() {
    for seed in 0..60 {
        let _said = Seed(seed);
        simulate(|clock| async move {
            let dice: Dice = Arc::new(Mutex::new(Random::new(seed)));
            let script = ScriptedSpout::new().emit(0..60_u64).stay_open();
            let stored = Arc::new(Mutex::new(0));
            let backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(10));
            let mut topology = topology(clock.clone())
                .batch(7)
                .max_pending(40)
                .retry(RetryPolicy { max_attempts: 100, backoff });
            let numbers = topology.spout("numbers", script.factory());
            let (first, second, store) = (Arc::clone(&dice), dice, Arc::clone(&stored));
            let bundles =
                topology.bolt("bundles", move || Bundles::new(&first)).shuffle(&numbers).parallelism(3);
            topology
                .bolt("store", move || {
                    let store = Store(Arc::clone(&second), Arc::clone(&store));
                    act(move |bits, _| store.put(bits))
                })
                .shuffle(&bundles)
                .ignore();
            let running = topology.build().unwrap().start();
            clock.sleep(Duration::from_secs(30)).await;
            running.handle().stop();
            let report = within_an_hour(running.wait()).await.unwrap();
            let (acked, stored) = (script.acked(), *stored.lock().unwrap());
            assert!(acked.iter().all(|n| stored & (1 << n) != 0), "told before it was stored");
            let left: usize = report.unsettled.iter().map(|left| left.tuples).sum();
            assert_eq!(acked.len() + left, 60);
            assert_eq!(report.snapshot.component("numbers").dead, 0);
        });
    }
}
