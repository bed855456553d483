//! Feedback edges: tuples that go round, and loops that end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Backoff, LossKind, RestartPolicy};
use flowcore::process::{Bolt, BoltError, Delivery, Emitter, RetryPolicy, TopologyBuilder};
use flowcore_testkit::{Random, Recorder, ScriptedSpout, run_until_idle, simulate};

use crate::process::{act, end_of, topology, within_an_hour};
use crate::seeds::Seed;

/// Sends a tuple round until it has gone `rounds` times. A tuple is its number and a hundred for each round.
struct Rounds<F> {
    rounds: u64,
    before: F,
}

impl<F> Bolt<u64> for Rounds<F>
where
    F: FnMut(u64) -> Result<(), BoltError> + Send + 'static,
{
    type Out = (Emitter<u64>, Emitter<u64>);

    async fn execute(&mut self, n: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        (self.before)(*n)?;
        let to = if n / 100 < self.rounds { &mut out.0 } else { &mut out.1 };
        to.emit(n + 100);
        Ok(())
    }
}

fn rounds(rounds: u64) -> Rounds<impl FnMut(u64) -> Result<(), BoltError> + Send + 'static> {
    Rounds { rounds, before: |_| Ok(()) }
}

#[test]
fn a_tuple_that_goes_round_stays_anchored_and_a_failure_in_a_later_round_replays_it_from_the_spout() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2]);
        let (seen, left) = (Recorder::new(), Recorder::new());
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let again = topology.feedback::<u64>("again", 10);
        let (record, acked) = (seen.clone(), script.clone());
        let (back, out) = topology
            .bolt("rounds", move || {
                let (record, acked) = (record.clone(), acked.clone());
                let before = move |n| {
                    record.push((n, acked.acked().contains(&(n % 100))));
                    let first = record.items().iter().filter(|(seen, _)| *seen == n).count() == 1;
                    if n == 201 && first { Err(BoltError::retry("once")) } else { Ok(()) }
                };
                Rounds { rounds: 3, before }
            })
            .shuffle(&numbers)
            .shuffle(&again)
            .both();
        again.feed(&back);
        let record = left.clone();
        topology.bolt("record", move || record.bolt()).shuffle(&out);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let of = |n| seen.items().into_iter().map(|(seen, _)| seen).filter(move |seen| seen % 100 == n);
        assert_eq!(of(1).collect::<Vec<_>>(), [1, 101, 201, 1, 101, 201, 301]);
        assert_eq!(of(2).collect::<Vec<_>>(), [2, 102, 202, 302]);
        assert!(seen.items().iter().all(|(_, told)| !told), "told while it went round");
        assert_eq!(left.items(), [402, 401]);
        assert_eq!((script.acked(), report.unsettled), (vec![2, 1], vec![]));
        let edges = report.snapshot.edges;
        let edge = edges.iter().find(|edge| edge.from == "again").unwrap();
        assert_eq!((&*edge.to, edge.tuples), ("rounds", 8));
    });
}

#[test]
fn storm_5_a_full_feedback_edge_fails_what_has_no_room_and_stalls_nobody() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..60_u64);
        let (letters, left) = (Recorder::new(), Recorder::new());
        let (write, record) = (letters.clone(), left.clone());
        let mut topology = topology(clock).batch(16).mailbox(1);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, letter| write.push((*n, letter.error.clone())));
        let again = topology.feedback::<u64>("again", 5);
        let (back, out) = topology.bolt("rounds", || rounds(1)).shuffle(&numbers).shuffle(&again).both();
        again.feed(&back);
        topology.bolt("record", move || record.bolt()).shuffle(&out);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let spout = report.snapshot.component("numbers");
        assert!(spout.failed > 0 && !letters.is_empty(), "{spout:?}");
        assert_eq!((spout.acked + spout.dead, left.len() as u64), (60, spout.acked));
        for (_, error) in letters.items() {
            assert_eq!((error.kind(), error.to_string()), (LossKind::NoRoom, "no room in again".to_owned()));
        }
        assert_eq!(script.acked().len(), 60);
    });
}

#[test]
fn what_goes_round_for_ever_is_reported_when_the_grace_period_of_a_stop_is_over() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..7_u64).stay_open();
        let mut topology = topology(clock.clone()).grace(Duration::from_secs(5));
        let numbers = topology.spout("numbers", script.factory());
        let again = topology.feedback::<u64>("again", 100);
        let pause = clock.clone();
        let back = topology
            .bolt("round", move || {
                let slow = act(|n, out: &mut Emitter<u64>| {
                    out.emit(n);
                    Ok(())
                });
                flowcore_testkit::Slow::new(slow, Duration::from_millis(1))
            })
            .shuffle(&numbers)
            .shuffle(&again);
        again.feed(&back);
        let running = topology.build().unwrap().start();
        pause.sleep(Duration::from_secs(1)).await;
        assert!(running.handle().snapshot().component("round").executed > 100);
        running.handle().stop();
        let report = within_an_hour(running.wait()).await.unwrap();
        assert_eq!(report.unsettled.iter().map(|left| left.tuples).sum::<usize>(), 7);
        assert_eq!((script.acked(), script.failed().len()), (vec![], 7));
    });
}

#[test]
fn loops_of_tuples_that_nobody_waits_for_end_too() {
    for delivery in [Delivery::BestEffort, Delivery::AtLeastOnce] {
        simulate(|clock| async move {
            let script = ScriptedSpout::new().emit(0..20_u64).stay_open();
            let left = Recorder::new();
            let record = left.clone();
            let mut topology = topology(clock.clone()).delivery(delivery).batch(3);
            let numbers = topology.spout("numbers", script.factory());
            let again = topology.feedback::<u64>("again", 100);
            let back = topology
                .bolt("rounds", move || {
                    let record = record.clone();
                    act(move |n, out| {
                        record.push(n);
                        if n < 1_000 {
                            out.emit_unanchored(n + 100);
                        }
                        Ok(())
                    })
                })
                .shuffle(&numbers)
                .shuffle(&again);
            again.feed(&back);
            let running = topology.build().unwrap().start();
            run_until_idle().await;
            assert_eq!(left.len(), 20 * 11);
            running.handle().stop();
            let report = within_an_hour(running.wait()).await.unwrap();
            assert_eq!((report.unsettled, script.acked().len()), (vec![], 20));
        });
    }
}

#[test]
fn a_feedback_edge_is_fed_and_read_and_has_room_and_other_circles_are_refused_with_their_path() {
    let script = ScriptedSpout::new().emit([1_u64]);
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", script.factory());
    let unfed = topology.feedback::<u64>("unfed", 1);
    let unread = topology.feedback::<u64>("unread", 0);
    unread.feed(&numbers);
    let one = topology.bolt("one", || act(|_, _| Ok(()))).shuffle(&unfed);
    let two = topology.bolt("two", || act(|_, _| Ok(()))).shuffle(&one);
    one.shuffle(&two);
    let error = topology.build().unwrap_err().to_string();
    for expected in [
        "unfed reads no stream",
        "unread has a capacity of 0, and may have 1 to 1048576",
        "nobody reads unread",
        "two -> one -> two",
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

/// Passes tuples on to one of three outputs by chance: back, further, or back to the start of everything.
struct Wander {
    dice: Arc<Mutex<Random>>,
}

impl Bolt<u64> for Wander {
    type Out = (Emitter<u64>, Emitter<u64>, Emitter<u64>);

    async fn execute(&mut self, n: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        let rolled = self.dice.lock().unwrap().below(20);
        match rolled {
            0..5 => out.0.emit(*n),
            5..8 => out.1.emit(*n),
            8 => return Err(BoltError::retry("by chance")),
            9 => panic!("by chance"),
            _ => out.2.emit(*n),
        }
        Ok(())
    }
}

#[test]
fn in_random_loops_within_loops_every_tuple_is_done_or_given_up_before_its_source_is_told() {
    for seed in 0..120 {
        let _said = Seed(seed);
        simulate(|clock| async move {
            let dice = Arc::new(Mutex::new(Random::new(seed)));
            let some = |most| 1 + dice.lock().unwrap().index(most);
            let (batch, mailbox, small, large) = (some(20), some(3), some(30), some(60));
            let (first_tasks, second_tasks) = (some(3), some(3));
            let script = ScriptedSpout::new().emit(0..80_u64).emit(80..120);
            let places: Arc<Mutex<BTreeMap<u64, bool>>> = Arc::default();
            let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(50));
            let restart = RestartPolicy { max_restarts: u32::MAX, ..RestartPolicy::default() };
            let mut topology = topology(clock)
                .batch(batch)
                .mailbox(mailbox)
                .max_pending(40)
                .restart(restart)
                .retry(RetryPolicy { max_attempts: 6, backoff });
            let numbers = topology.spout("numbers", script.factory());
            let (dead, told) = (Arc::clone(&places), script.clone());
            numbers.on_dead_letter(move |n: &u64, _| {
                dead.lock().unwrap().insert(*n, told.acked().contains(n));
            });
            let inner = topology.feedback::<u64>("inner", small);
            let outer = topology.feedback::<u64>("outer", large);
            let first = Arc::clone(&dice);
            let start = topology
                .bolt("start", move || Wander { dice: Arc::clone(&first) })
                .shuffle(&numbers)
                .fields(&outer, |n| n)
                .parallelism(first_tasks);
            let second = Arc::clone(&dice);
            let end = topology
                .bolt("end", move || Wander { dice: Arc::clone(&second) })
                .shuffle(&start.1)
                .shuffle(&start.2)
                .shuffle_by_load(&inner)
                .parallelism(second_tasks);
            outer.feed(&start.0);
            outer.feed(&end.1);
            inner.feed(&end.0);
            let (place, told) = (Arc::clone(&places), script.clone());
            end.2.for_each("place", move |n| {
                place.lock().unwrap().insert(*n, told.acked().contains(n));
            });
            let report = end_of(topology.build().unwrap()).await.unwrap();
            let spout = report.snapshot.component("numbers");
            assert_eq!((spout.acked + spout.dead, script.acked().len()), (120, 120));
            assert_eq!(report.unsettled, []);
            let places = places.lock().unwrap();
            assert_eq!(places.len(), 120);
            assert!(places.values().all(|told| !told), "told too early");
        });
    }
}
