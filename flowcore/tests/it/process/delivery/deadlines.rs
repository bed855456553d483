//! Deadlines: what hangs fails, and what was answered too late says nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Clock, LossKind, Token, TokenSet};
use flowcore::process::{Bolt, BoltError, Deadline, Emitter, Outputs};
use flowcore_testkit::{Recorder, ScriptedSpout, run_until_idle, simulate};

use crate::process::{act, end_of, topology, within_an_hour};

const SECOND: Duration = Duration::from_secs(1);

/// Takes its time with some tuples.
struct Hang {
    clock: Clock,
    times: Arc<Mutex<Vec<Duration>>>,
    seen: Recorder<(u64, u128)>,
    keep_alive: bool,
}

impl Hang {
    /// The first tuples take these times, the last one first; the others none.
    fn new(clock: &Clock, times: Vec<Duration>, seen: &Recorder<(u64, u128)>) -> impl Fn() -> Self + use<> {
        let (clock, times, seen) = (clock.clone(), Arc::new(Mutex::new(times)), seen.clone());
        move || Self {
            clock: clock.clone(),
            times: Arc::clone(&times),
            seen: seen.clone(),
            keep_alive: false,
        }
    }
}

impl Bolt<u64> for Hang {
    type Out = Emitter<u64>;

    async fn execute(&mut self, n: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        let at = self.clock.now().since(flowcore_testkit::START).as_millis();
        self.seen.push((*n, at));
        let mut time = self.times.lock().unwrap().pop().unwrap_or_default();
        while self.keep_alive && time > Duration::ZERO {
            self.clock.sleep(time.min(SECOND / 2)).await;
            time = time.saturating_sub(SECOND / 2);
            out.keep_alive();
        }
        self.clock.sleep(time).await;
        out.emit(*n);
        Ok(())
    }
}

#[test]
fn storm_4_a_tuple_that_takes_longer_than_its_deadline_is_replayed_and_the_old_answer_says_nothing() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).stay_open();
        let seen = Recorder::new();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory()).deadline(SECOND);
        topology.bolt("hang", Hang::new(&clock, vec![SECOND * 3], &seen)).shuffle(&numbers).ignore();
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_millis(2_999)).await;
        let spout = running.handle().snapshot().component("numbers");
        assert_eq!((spout.failed, spout.replayed, script.acked()), (2, 2, vec![]));
        clock.sleep(SECOND).await;
        // It was sent again at 1.1 s and at 2.3 s or little later; the last attempt came in time.
        assert_eq!(seen.items(), [(1, 0), (1, 3_000), (1, 3_000)]);
        let spout = running.handle().snapshot().component("numbers");
        assert_eq!((spout.acked, spout.failed, spout.dead), (1, 2, 0));
        assert_eq!(script.acked(), [1], "told once");
        running.handle().stop();
        assert_eq!(within_an_hour(running.wait()).await.unwrap().unsettled, []);
    });
}

#[test]
fn storm_4_a_deadline_fails_what_hangs_between_its_time_and_a_twentieth_more() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..20_u64).stay_open();
        let letters = Recorder::new();
        let write = letters.clone();
        let retry = flowcore::process::RetryPolicy { max_attempts: 1, ..Default::default() };
        let mut topology = topology(clock.clone()).retry(retry).deadline(SECOND).grace(SECOND);
        let numbers = topology.spout("numbers", script.factory());
        let (start, time) = (clock.now(), clock.clone());
        numbers.on_dead_letter(move |n: &u64, letter| {
            write.push((*n, time.now().since(start), letter.error.kind(), letter.error.chain()));
        });
        let never = vec![Duration::from_hours(9)];
        topology.bolt("hang", Hang::new(&clock, never, &Recorder::new())).shuffle(&numbers).ignore();
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 2).await;
        assert_eq!((letters.len(), script.acked().len()), (20, 20));
        for (_, at, kind, text) in letters.items() {
            assert!(at >= SECOND && at <= SECOND + SECOND / 20, "{at:?}");
            assert_eq!(kind, LossKind::TimedOut);
            assert_eq!(text, "timed out in what comes of numbers");
        }
        running.handle().stop();
        let report = within_an_hour(running.wait()).await.unwrap();
        assert_eq!((report.snapshot.component("numbers").dead, report.unsettled), (20, vec![]));
    });
}

#[test]
fn a_spout_that_waits_for_room_in_a_full_mailbox_fails_what_it_waits_for() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..20_u64).stay_open();
        let retry = flowcore::process::RetryPolicy { max_attempts: 2, ..Default::default() };
        let mut topology = topology(clock.clone()).batch(1).mailbox(1).retry(retry).grace(SECOND);
        let numbers = topology.spout("numbers", script.factory()).deadline(SECOND);
        let never = vec![Duration::from_hours(9)];
        topology.bolt("hang", Hang::new(&clock, never, &Recorder::new())).shuffle(&numbers).ignore();
        let running = topology.build().unwrap().start();
        clock.sleep(SECOND * 60).await;
        let spout = running.handle().snapshot().component("numbers");
        assert_eq!((spout.dead, spout.waiting, script.acked().len()), (20, 0, 20));
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

/// Keeps every tuple's token.
fn keeper(kept: &Arc<Mutex<TokenSet>>) -> impl Fn() -> crate::process::Act<Keep> + use<> {
    let kept = Arc::clone(kept);
    move || {
        let kept = Arc::clone(&kept);
        act(Box::new(move |_, out: &mut Emitter<u64>| {
            out.keep_in(&mut kept.lock().unwrap());
            Ok(())
        }) as Keep)
    }
}

type Keep = Box<dyn FnMut(u64, &mut Emitter<u64>) -> Result<(), BoltError> + Send>;

#[test]
fn what_is_kept_on_purpose_has_no_deadline_unless_it_is_to_be_settled_in_time() {
    simulate(|clock| async move {
        let (done, settled) = (ScriptedSpout::new().emit([1_u64]), ScriptedSpout::new().emit([2_u64]));
        let (done, settled) = (done.stay_open(), settled.stay_open());
        let kept: Arc<Mutex<TokenSet>> = Arc::default();
        let mut topology = topology(clock.clone());
        let first = topology.spout("done", done.factory()).deadline(SECOND);
        let second = topology.spout("settled", settled.factory()).deadline(Deadline::settled_within(SECOND));
        topology.bolt("keep", keeper(&kept)).shuffle(&first).shuffle(&second).ignore();
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_millis(900)).await;
        // Whoever keeps it may ask for more time.
        kept.lock().unwrap().keep_alive();
        clock.sleep(Duration::from_millis(900)).await;
        let failed = |name| running.handle().snapshot().component(name).failed;
        assert_eq!((failed("done"), failed("settled")), (0, 0));
        clock.sleep(SECOND).await;
        assert_eq!((failed("done"), failed("settled")), (0, 1));
        std::mem::take(&mut *kept.lock().unwrap()).ack();
        run_until_idle().await;
        assert_eq!((done.acked(), settled.acked()), (vec![1], vec![2]), "its second attempt was kept, too");
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_4_keep_alive_gives_more_time_to_a_tuple_and_to_all_that_it_is_anchored_to() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2, 3]);
        let seen = Recorder::new();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory()).deadline(Deadline::settled_within(SECOND));
        let bundles = topology
            .bolt("bundle", || {
                let mut kept = TokenSet::default();
                act(move |n, out| {
                    out.keep_in(&mut kept);
                    if n == 3 {
                        out.emit_anchored(n, Token::joint(std::mem::take(&mut kept)));
                    }
                    Ok(())
                })
            })
            .shuffle(&numbers);
        let work = Hang::new(&clock, vec![SECOND * 10], &seen);
        topology.bolt("work", move || Hang { keep_alive: true, ..work() }).shuffle(&bundles).ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [(3, 0)], "nothing was replayed in ten seconds");
        let spout = report.snapshot.component("numbers");
        assert_eq!((spout.acked, spout.failed), (3, 0));
    });
}

#[test]
fn a_deadline_of_nothing_is_refused() {
    let script = ScriptedSpout::new().emit([1_u64]);
    let mut topology = flowcore::process::TopologyBuilder::new("test").deadline(Duration::ZERO);
    let numbers = topology.spout("numbers", script.factory()).deadline(Duration::from_micros(999));
    numbers.for_each("read", |_| {});
    let error = topology.build().unwrap_err().to_string();
    let expected = "topology test cannot run: \
                    numbers has a deadline of less than a millisecond; deadline is zero: set at least 1";
    assert_eq!(error, expected);
}
