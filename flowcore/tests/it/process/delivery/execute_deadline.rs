//! Calls of `execute` that do not return.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use flowcore::base::{Clock, LossKind};
use flowcore::process::{Bolt, BoltError, Emitter, NoOutput, TopologyBuilder, map};
use flowcore_testkit::{Recorder, ScriptedSpout, Slow, simulate};

use crate::process::{end_of, topology, within_an_hour};

const SECOND: Duration = Duration::from_secs(1);

/// Never returns from the first `hangs` calls with a three.
struct Stuck {
    seen: Recorder<u64>,
    hangs: usize,
}

impl Bolt<u64> for Stuck {
    type Out = Emitter<u64>;

    async fn execute(&mut self, n: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.seen.push(*n);
        out.emit(*n);
        let tries = self.seen.items().iter().filter(|&&n| n == 3).count();
        if *n == 3 && tries <= self.hangs {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[test]
fn a_call_that_does_not_return_is_dropped_and_its_tuple_alone_is_tried_again_by_a_new_bolt() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..6_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("stuck", move || Stuck { seen: record.clone(), hangs: 1 })
            .shuffle(&numbers)
            .execute_deadline(SECOND)
            .ignore();
        let start = clock.now();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), [0, 1, 2, 3, 4, 5, 3]);
        assert_eq!(script.acked().len(), 6);
        let bolt = report.snapshot.component("stuck");
        assert_eq!((bolt.failed, bolt.restarts, bolt.hung), (1, 1, 0));
        let took = clock.now().since(start);
        assert!(took >= SECOND && took < SECOND * 2, "{took:?}");
    });
}

#[test]
fn a_tuple_that_hangs_every_time_is_given_up_as_timed_out() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..6_u64);
        let letters = Recorder::new();
        let write = letters.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, letter| {
            write.push((*n, letter.attempts, letter.error.kind(), letter.error.chain()));
        });
        topology
            .bolt("stuck", || Stuck { seen: Recorder::new(), hangs: 1 })
            .shuffle(&numbers)
            .execute_deadline(SECOND)
            .ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let expected = (3, 3, LossKind::TimedOut, "timed out in stuck".to_owned());
        assert_eq!(letters.items(), [expected]);
        assert_eq!(report.snapshot.component("stuck").restarts, 3);
    });
}

/// Sends each tuple twice, and waits for room.
struct Twice;

impl Bolt<u64> for Twice {
    type Out = Emitter<u64>;

    async fn execute(&mut self, n: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.send(*n).await;
        out.send(*n).await;
        Ok(())
    }
}

#[test]
fn the_time_in_which_a_call_waits_for_room_does_not_count() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..6_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).batch(1).mailbox(1);
        let numbers = topology.spout("numbers", script.factory());
        let twice = topology.bolt("twice", || Twice).shuffle(&numbers).execute_deadline(SECOND);
        let slow = topology.bolt("slow", || Slow::new(map(|n: &u64| *n), SECOND * 10)).shuffle(&twice);
        topology.bolt("record", move || record.bolt()).shuffle(&slow);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!((seen.len(), script.acked().len()), (12, 6));
        let bolt = report.snapshot.component("twice");
        assert_eq!((bolt.failed, bolt.restarts), (0, 0));
    });
}

/// Blocks its thread until it is told to go on.
struct Block(Arc<Mutex<mpsc::Receiver<()>>>);

impl Bolt<u64> for Block {
    type Out = NoOutput;

    async fn execute(&mut self, _: &u64, _: &mut NoOutput) -> Result<(), BoltError> {
        let wait = self.0.lock().unwrap();
        wait.recv().map_err(BoltError::reject)
    }
}

#[test]
fn a_call_that_blocks_its_thread_is_reported_once_and_its_tuple_fails_by_the_deadline_of_its_spout() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build();
    runtime.unwrap().block_on(async {
        let (go_on, wait) = mpsc::channel();
        let wait = Arc::new(Mutex::new(wait));
        let script = ScriptedSpout::new().emit([1_u64]);
        let mut topology = TopologyBuilder::new("test").deadline(Duration::from_millis(20));
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("block", move || Block(Arc::clone(&wait)))
            .shuffle(&numbers)
            .execute_deadline(Duration::from_millis(20));
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        let reported = async {
            loop {
                let snapshot = handle.snapshot();
                if snapshot.component("block").hung > 0 && snapshot.component("numbers").failed > 0 {
                    break;
                }
                Clock::system().sleep(Duration::from_millis(5)).await;
            }
        };
        within_an_hour(reported).await;
        assert_eq!(handle.snapshot().component("block").hung, 1);
        let told: Vec<_> = handle.recent_events().into_iter().map(|event| event.what.to_string()).collect();
        let hung = "block, task 0: execute has kept its thread for more than 20 ms";
        assert_eq!(told.iter().filter(|what| *what == hung).count(), 1, "{told:?}");
        (0..10).for_each(|_| go_on.send(()).unwrap());
        let report = within_an_hour(running.wait()).await.unwrap();
        let spout = report.snapshot.component("numbers");
        assert_eq!(spout.acked + spout.dead, 1);
        assert_eq!(script.acked(), [1]);
    });
}

#[test]
fn a_deadline_of_less_than_a_millisecond_is_refused() {
    let script = ScriptedSpout::new().emit([1_u64]);
    let mut topology = TopologyBuilder::new("test");
    let numbers = topology.spout("numbers", script.factory());
    topology.bolt("twice", || Twice).shuffle(&numbers).execute_deadline(Duration::ZERO).ignore();
    let error = topology.build().unwrap_err().to_string();
    assert_eq!(error, "topology test cannot run: twice has a deadline of less than a millisecond");
}
