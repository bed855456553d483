//! Bolts that panic or break: what they hold fails, and they are made anew, within limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use flowcore::base::{RestartPolicy, Timestamp};
use flowcore::process::{Bolt, BoltError, Emitter, NoOutput, Outputs, TaskContext, for_each};
use flowcore_testkit::{Flaky, Plan, Recorder, ScriptedSpout, Slow, simulate};

use super::{act, end_of, topology};

#[test]
fn a_panic_fails_only_its_tuple_and_the_rebuilt_task_goes_on_with_the_rest_of_the_batch() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..6_u64);
        let (seen, lives) = (Recorder::new(), Arc::new(AtomicU32::new(0)));
        let (record, made) = (seen.clone(), Arc::clone(&lives));
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("panic once", move || {
                let (record, life) = (record.clone(), made.fetch_add(1, Ordering::Relaxed));
                act(move |n, _| {
                    assert!(n != 2 || life > 0, "two is too much");
                    record.push((life, n));
                    Ok(())
                })
            })
            .shuffle(&numbers)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [(0, 0), (0, 1), (1, 3), (1, 4), (1, 5), (1, 2)]);
        assert_eq!(script.acked().len(), 6);
        let bolt = report.snapshot.component("panic once");
        assert_eq!((bolt.executed, bolt.acked, bolt.failed, bolt.restarts), (7, 6, 1, 1));
    });
}

#[test]
fn restarts_wait_longer_and_longer_and_past_the_limit_the_error_names_component_task_and_cause() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).stay_open();
        let lives = Recorder::new();
        let (record, time, start) = (lives.clone(), clock.clone(), clock.now());
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("broken", move || {
                record.push(time.now().since(start).as_millis());
                let fail: fn(u64, &mut Emitter<u64>) -> Result<(), BoltError> = |_, _| Ok(());
                assert!(record.len() > 100, "cannot be made");
                act(fail)
            })
            .shuffle(&numbers)
            .ignore();
        let error = end_of(topology.build().unwrap()).await.unwrap_err();
        assert_eq!(lives.items(), [0, 10, 30, 70, 150, 310]);
        assert_eq!((&*error.component, error.task), ("broken", 0));
        assert_eq!(error.to_string(), "broken, task 0, failed for good");
        assert_eq!(error.cause.to_string(), "panicked: cannot be made");
        assert_eq!((script.acked(), script.failed()), (vec![], vec![1]));
    });
}

#[test]
fn what_a_task_holds_when_it_is_given_up_is_neither_acknowledged_nor_a_dead_letter() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let (seen, dead) = (Recorder::<u64>::new(), Recorder::new());
        let (record, write) = (seen.clone(), dead.clone());
        let policy = flowcore::process::RetryPolicy { max_attempts: 1, ..Default::default() };
        let mut topology = topology(clock).retry(policy);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, _| write.push(*n));
        let half = topology
            .bolt("half", || {
                act(|n, out| {
                    out.emit(n);
                    if n == 5 { Err(BoltError::fatal("no further")) } else { Ok(()) }
                })
            })
            .shuffle(&numbers);
        topology.bolt("record", move || record.bolt()).global(&half);
        let error = end_of(topology.build().unwrap()).await.unwrap_err();
        assert_eq!(error.cause.to_string(), "no further");
        assert!(seen.is_empty(), "its outputs had not left");
        assert_eq!((script.acked(), dead.items()), (vec![], vec![]));
        assert_eq!(script.failed().len(), 10);
    });
}

#[test]
fn outputs_that_had_not_left_when_their_task_is_given_up_are_not_acknowledged() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).wait(Duration::from_millis(1)).emit([2]).stay_open();
        let seen = Recorder::<u64>::new();
        let record = seen.clone();
        let mut topology = topology(clock).linger(Duration::from_secs(1));
        let numbers = topology.spout("numbers", script.factory());
        let same = topology
            .bolt("same", || {
                let same = act(|n, out| {
                    out.emit(n);
                    if n == 2 { Err(BoltError::fatal("no further")) } else { Ok(()) }
                });
                Slow::new(same, Duration::from_millis(10))
            })
            .shuffle(&numbers);
        topology.bolt("record", move || record.bolt()).global(&same);
        end_of(topology.build().unwrap()).await.unwrap_err();
        assert!(seen.is_empty(), "the first was done, its output waited for more");
        assert_eq!((script.acked(), script.failed().len()), (vec![], 2));
    });
}

#[test]
fn fatal_stops_at_once() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64).stay_open();
        let start = clock.now();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("fatal", || act(|_, _| Err(BoltError::fatal("no permission"))))
            .shuffle(&numbers)
            .parallelism(2)
            .ignore();
        let error = end_of(topology.build().unwrap()).await.unwrap_err();
        assert_eq!((&*error.component, error.cause.to_string()), ("fatal", "no permission".to_owned()));
        assert!(clock.now().since(start) < Duration::from_millis(10));
    });
}

#[test]
fn a_restart_error_fails_its_tuple_and_makes_the_task_anew() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..3_u64);
        let lives = Arc::new(AtomicU32::new(0));
        let made = Arc::clone(&lives);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("lost connection", move || {
                let life = made.fetch_add(1, Ordering::Relaxed);
                act(move |_, _| if life == 0 { Err(BoltError::restart("connection lost")) } else { Ok(()) })
            })
            .shuffle(&numbers)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(lives.load(Ordering::Relaxed), 2);
        assert_eq!((script.acked().len(), report.snapshot.component("numbers").replayed), (3, 1));
    });
}

/// Panics wherever it is told to, in its first life.
struct Bomb {
    place: &'static str,
    armed: bool,
    token: Option<flowcore::base::Token>,
}

impl Bomb {
    fn at(&self, place: &str) {
        assert!(!self.armed || self.place != place, "boom in {place}");
    }
}

impl Bolt<u64> for Bomb {
    type Out = NoOutput;

    async fn prepare(&mut self, _context: &TaskContext) -> Result<(), BoltError> {
        self.at("prepare");
        Ok(())
    }

    async fn execute(&mut self, _tuple: &u64, out: &mut NoOutput) -> Result<(), BoltError> {
        if self.armed {
            self.token = Some(out.keep());
        }
        Ok(())
    }

    async fn tick(&mut self, _now: Timestamp, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.at("tick");
        // For the destructor's sake.
        if self.armed { Err(BoltError::restart("broken")) } else { Ok(()) }
    }

    fn is_full(&self) -> bool {
        self.at("is_full");
        false
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.at("cleanup");
        Ok(())
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.at("drop");
        }
    }
}

#[test]
fn a_panic_in_prepare_tick_or_a_destructor_is_contained_and_its_tuples_are_replayed() {
    for place in ["prepare", "tick", "drop", "nowhere"] {
        simulate(|clock| async move {
            let script = ScriptedSpout::new().emit([1_u64]).wait(Duration::from_secs(9)).emit([2]);
            let lives = Arc::new(AtomicU32::new(0));
            let made = Arc::clone(&lives);
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", script.factory());
            topology
                .bolt("bomb", move || {
                    let armed = made.fetch_add(1, Ordering::Relaxed) == 0;
                    Bomb { place, armed, token: None }
                })
                .shuffle(&numbers)
                .tick_every(Duration::from_secs(1));
            end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(lives.load(Ordering::Relaxed), 2, "made anew after a panic in {place}");
            assert_eq!(script.acked(), [1, 2]);
        });
    }
}

#[test]
fn a_panic_in_cleanup_is_contained_and_what_was_kept_is_reported() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("bomb", || Bomb { place: "cleanup", armed: true, token: None }).shuffle(&numbers);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.unsettled.iter().map(|left| left.tuples).sum::<usize>(), 1);
        assert_eq!((script.acked(), script.failed()), (vec![], vec![1]), "nobody says that it is safe");
    });
}

#[test]
fn a_key_function_that_panics_fails_its_tuple_alone() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..20_u64);
        let (seen, dead) = (Recorder::new(), Recorder::new());
        let (record, write) = (seen.clone(), dead.clone());
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, letter| write.push((*n, letter.error.chain())));
        topology
            .bolt("record", move || record.bolt())
            .fields_by(&numbers, |n| {
                assert_ne!(*n, 13, "an unlucky key");
                n % 5
            })
            .parallelism(3);
        end_of(topology.build().unwrap()).await.unwrap();
        let mut seen = seen.items();
        seen.sort_unstable();
        assert_eq!(seen, (0..20).filter(|n| *n != 13).collect::<Vec<_>>());
        let dead = dead.items();
        assert_eq!((dead.len(), dead[0].0), (1, 13));
        assert!(dead[0].1.starts_with("panic in record: its grouping failed: panicked: "), "{}", dead[0].1);
    });
}

#[test]
fn a_task_that_never_restarts_fails_the_topology_with_its_first_panic() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).stay_open();
        let mut topology = topology(clock).restart(RestartPolicy::never());
        let numbers = topology.spout("numbers", script.factory());
        topology.bolt("flaky", || Flaky::new(for_each(|_: &u64| {}), Plan::panic_first(1))).shuffle(&numbers);
        let error = end_of(topology.build().unwrap()).await.unwrap_err();
        assert_eq!(error.cause.to_string(), "panicked: panicked by plan");
    });
}
