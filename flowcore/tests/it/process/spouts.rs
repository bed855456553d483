//! Spouts: their lives, their covers, what they leave behind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Clock, LossKind, Receipts, Token};
use flowcore::process::{Emitter, Next, Outputs, Spout, SpoutError, TaskContext, for_each};
use flowcore_testkit::{Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

use super::{end_of, topology, within_an_hour};

/// A spout that does one thing in its only call of `next`.
pub(super) struct Once<F>(Arc<Mutex<Option<F>>>);

impl<F> Once<F> {
    pub(super) fn new(act: F) -> Self {
        Self(Arc::new(Mutex::new(Some(act))))
    }

    pub(super) fn factory(&self) -> impl Fn() -> Self + Send + Sync + use<F>
    where
        F: Send + 'static,
    {
        let state = Arc::clone(&self.0);
        move || Self(Arc::clone(&state))
    }
}

impl<F: FnOnce(&mut Emitter<u64>) + Send + 'static> Spout for Once<F> {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let act = self.0.lock().unwrap().take();
        let Some(act) = act else { return Ok(Next::End) };
        act(out);
        Ok(Next::More)
    }
}

/// Emits `left` numbers in one call, with `send`, and ends. `pause` after each.
struct Burst {
    left: std::ops::Range<u64>,
    pause: Option<Duration>,
    told: Recorder<Result<(), LossKind>>,
    clock: Clock,
}

impl Burst {
    fn new(left: std::ops::Range<u64>, told: &Recorder<Result<(), LossKind>>) -> Self {
        Self { left, pause: None, told: told.clone(), clock: Clock::system() }
    }
}

impl Spout for Burst {
    type Out = Emitter<u64>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.clock = context.clock.clone();
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let told = self.told.clone();
        out.cover(Token::new(move |outcome| told.push(outcome.map_err(|error| error.kind()))));
        for n in self.left.clone() {
            out.send(n).await;
            if let Some(pause) = self.pause {
                self.clock.sleep(pause).await;
            }
        }
        Ok(Next::End)
    }
}

#[test]
fn a_spout_that_sends_more_than_a_batch_and_ends_loses_nothing_and_keeps_its_order() {
    for count in [0, 1, 3, 4, 5, 7, 8, 9, 12, 13, 100] {
        simulate(|clock| async move {
            let (seen, told) = (Recorder::new(), Recorder::new());
            let (record, tell) = (seen.clone(), told.clone());
            let mut topology = topology(clock).batch(4);
            let numbers = topology.spout("numbers", move || Burst::new(0..count, &tell));
            topology.bolt("record", move || record.bolt()).global(&numbers);
            end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(seen.items(), (0..count).collect::<Vec<u64>>());
            assert_eq!(told.items(), [Ok(())], "{count} tuples");
        });
    }
}

#[test]
fn a_cover_fails_when_a_stop_ends_its_next_halfway() {
    simulate(|clock| async move {
        let (seen, told) = (Recorder::new(), Recorder::new());
        let (record, tell) = (seen.clone(), told.clone());
        let mut topology = topology(clock.clone()).batch(4);
        let numbers = topology.spout("numbers", move || {
            let pause = Some(Duration::from_secs(1));
            Burst { pause, ..Burst::new(0..100, &tell) }
        });
        topology.bolt("record", move || record.bolt()).global(&numbers);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_millis(9_500)).await;
        running.handle().stop();
        let report = within_an_hour(running.wait()).await.unwrap();
        assert_eq!(seen.items(), (0..10).collect::<Vec<u64>>(), "what was emitted is delivered");
        assert_eq!(told.items(), [Err(LossKind::Dropped)], "what was covered is not complete");
        assert_eq!(report.unsettled, []);
    });
}

#[test]
fn a_stop_while_a_send_waits_for_room_keeps_what_was_emitted() {
    simulate(|clock| async move {
        let (seen, told) = (Recorder::new(), Recorder::new());
        let (record, tell) = (seen.clone(), told.clone());
        let mut topology = topology(clock.clone()).batch(2).max_pending(2).mailbox(1);
        let numbers = topology.spout("numbers", move || Burst::new(0..1_000, &tell));
        topology
            .bolt("record", move || Slow::new(record.bolt(), Duration::from_millis(100)))
            .global(&numbers);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_millis(1_050)).await;
        running.handle().stop();
        let report = within_an_hour(running.wait()).await.unwrap();
        let emitted = report.snapshot.component("numbers").emitted;
        assert_eq!(seen.items(), (0..emitted).collect::<Vec<u64>>());
        assert!((10..20).contains(&emitted), "{emitted}");
        assert_eq!(told.items(), [Err(LossKind::Dropped)]);
    });
}

#[test]
fn a_spout_that_waits_after_a_send_in_the_same_next_hands_over_what_is_complete() {
    simulate(|clock| async move {
        let (seen, told) = (Recorder::new(), Recorder::new());
        let (record, tell) = (seen.clone(), told.clone());
        let mut topology = topology(clock.clone()).batch(1);
        let numbers = topology.spout("numbers", move || {
            let pause = Some(Duration::from_hours(1) / 4);
            Burst { pause, ..Burst::new(0..3, &tell) }
        });
        topology.bolt("record", move || record.bolt()).global(&numbers);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_mins(20)).await;
        assert_eq!(seen.items(), [0], "the first left when the second came");
        within_an_hour(running.wait()).await.unwrap();
        assert_eq!(seen.items(), [0, 1, 2]);
        assert_eq!(told.items(), [Ok(())]);
    });
}

#[test]
fn a_spout_that_fails_or_panics_is_made_anew_and_what_it_emitted_still_settles() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).fail("away").emit([2]).panic("bug").emit([3]);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("record", move || Slow::new(record.bolt(), Duration::from_millis(500)))
            .global(&numbers);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [1, 2, 3]);
        assert_eq!(script.acked(), [1, 2, 3]);
        assert_eq!(script.lives(), (3, 2), "closed after an error, not after a panic");
        assert_eq!(report.snapshot.component("numbers").restarts, 2);
    });
}

/// Emits one number and keeps its receipt until it is closed.
struct Receiver(Option<Receipts<u64>>, Recorder<String>);

impl Spout for Receiver {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let receipts = Receipts::new();
        out.cover(receipts.token(7));
        out.emit(7);
        self.0 = Some(receipts);
        Ok(Next::End)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        let receipt = self.0.as_ref().and_then(Receipts::try_next);
        self.1
            .push(format!("closed with {:?}", receipt.map(|receipt| (receipt.id, receipt.outcome.is_ok()))));
        Ok(())
    }
}

#[test]
fn close_is_called_after_the_last_tuple_is_settled() {
    simulate(|clock| async move {
        let seen = Recorder::new();
        let (record, closed) = (seen.clone(), seen.clone());
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", move || Receiver(None, closed.clone()));
        topology
            .bolt("record", move || {
                let record = record.clone();
                Slow::new(for_each(move |n: &u64| record.push(n.to_string())), Duration::from_secs(9))
            })
            .global(&numbers);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), ["7", "closed with Some((7, true))"]);
    });
}

#[test]
fn a_spout_that_emits_too_much_without_waiting_fails_and_so_does_its_cover() {
    simulate(|clock| async move {
        let told = Recorder::new();
        let tell = told.clone();
        let mut topology = topology(clock).batch(2);
        let once = Once::new(move |out: &mut Emitter<u64>| {
            let tell = tell.clone();
            out.cover(Token::new(move |outcome| tell.push(outcome.unwrap_err().chain())));
            (0..129).for_each(|n| out.emit(n));
        });
        let numbers = topology.spout("numbers", once.factory());
        topology.bolt("look", || for_each(|_: &u64| {})).global(&numbers);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let why =
            "more than 64 batches were emitted in one call without waiting: use `send` for many outputs";
        assert_eq!(told.items(), [format!("delivery failed in an emitter: {why}")]);
        assert_eq!(report.snapshot.component("numbers").restarts, 1);
    });
}

#[test]
fn every_task_of_a_spout_works_and_an_anchored_tuple_has_a_token_of_its_own() {
    simulate(|clock| async move {
        let told = Recorder::new();
        let tell = told.clone();
        let once = Once::new(move |out: &mut Emitter<u64>| {
            let token = |name: &'static str| {
                let tell = tell.clone();
                Token::new(move |outcome| tell.push((name, outcome.is_ok())))
            };
            out.cover(token("cover"));
            out.emit(1);
            out.emit_anchored(2, token("anchored"));
            out.emit(3);
        });
        let script = ScriptedSpout::new().emit([10_u64]).emit([11]).emit([12]).emit([13]).stay_open();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", once.factory());
        let others = topology.spout("others", script.factory()).parallelism(3);
        let seen = Recorder::new();
        let record = seen.clone();
        topology.bolt("record", move || record.bolt()).global(&numbers).global(&others);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
        let mut items = seen.items();
        items.sort_unstable();
        assert_eq!(items, [1, 2, 3, 10, 11, 12, 13]);
        assert_eq!(script.lives(), (3, 3));
        let mut told = told.items();
        told.sort_unstable();
        assert_eq!(told, [("anchored", true), ("cover", true)]);
    });
}

/// Emits one number, then looks for its receipt again and again, without a wait.
struct Poller {
    receipts: Receipts<u64>,
    polls: u32,
}

impl Spout for Poller {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        self.polls += 1;
        if self.polls == 1 {
            out.cover(self.receipts.token(7));
            out.emit(7);
        } else if self.receipts.try_next().is_some() {
            return Ok(Next::End);
        } else if self.polls > 100_000 {
            return Err(SpoutError::fatal("what it emitted has not left"));
        }
        Ok(Next::More)
    }
}

#[test]
fn what_was_emitted_leaves_although_the_spout_polls_and_never_waits() {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", || Poller { receipts: Receipts::new(), polls: 0 });
        numbers.for_each("end", |_| {});
        end_of(topology.build().unwrap()).await.unwrap();
    });
}

/// Waits for a server that never comes.
struct Waiting {
    closed: Arc<AtomicUsize>,
}

impl Spout for Waiting {
    type Out = Emitter<u64>;

    async fn open(&mut self, _context: &TaskContext) -> Result<(), SpoutError> {
        std::future::pending().await
    }

    async fn next(&mut self, _out: &mut Self::Out) -> Result<Next, SpoutError> {
        panic!("it is not open")
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        self.closed.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn a_spout_that_waits_for_its_server_ends_when_the_topology_stops() {
    let closed = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&closed);
    simulate(|clock| async move {
        let mut topology = topology(clock.clone());
        let waiting = topology.spout("waiting", move || Waiting { closed: Arc::clone(&told) });
        topology.bolt("sink", || for_each(|_: &u64| {})).shuffle(&waiting);
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_secs(100)).await;
        let stopping = clock.now();
        running.handle().stop();
        running.wait().await.unwrap();
        assert_eq!(clock.now().since(stopping), Duration::ZERO, "it did not take the grace period");
    });
    assert_eq!(closed.load(Ordering::SeqCst), 1);
}
