//! Groupings, order, back-pressure, limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::time::Duration;

use flowcore::process::{Bolt, BoltError, Emitter, NoOutput, TaskContext, for_each, map};
use flowcore_testkit::{Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

use super::{act, end_of, topology, within_an_hour};

/// Records the task beside each tuple.
struct ByTask(Recorder<(usize, u64)>, usize);

impl Bolt<u64> for ByTask {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        assert_eq!((context.parallelism, &*context.component), (3, "record"));
        self.1 = context.task;
        Ok(())
    }

    async fn execute(&mut self, tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push((self.1, *tuple));
        Ok(())
    }
}

/// What each of three tasks gets of 0 to 29.
fn dealt(grouping: &'static str) -> [Vec<u64>; 3] {
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let script = ScriptedSpout::new().emit(0..30_u64);
            let mut topology = topology(clock).batch(7);
            let numbers = topology.spout("numbers", script.factory());
            let bolt = topology.bolt("record", move || ByTask(record.clone(), 0));
            let bolt = match grouping {
                "shuffle" => bolt.shuffle(&numbers),
                "fields" => bolt.fields_by(&numbers, |n| n % 6),
                "all" => bolt.all(&numbers),
                _ => bolt.global(&numbers),
            };
            bolt.parallelism(3);
            end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(script.acked().len(), 30);
        }
    });
    let of = |task| seen.items().into_iter().filter(|(t, _)| *t == task).map(|(_, n)| n).collect();
    [of(0), of(1), of(2)]
}

#[test]
fn shuffle_deals_evenly_fields_by_key_all_to_everyone_and_global_to_one_task() {
    let everything: Vec<u64> = (0..30).collect();
    assert_eq!(dealt("shuffle").map(|tuples| tuples.len()), [10, 10, 10]);
    let by_key = dealt("fields");
    let keys = by_key.clone().map(|tuples| tuples.into_iter().map(|n| n % 6).collect::<Vec<_>>());
    for key in 0..6 {
        assert_eq!(keys.iter().filter(|keys| keys.contains(&key)).count(), 1, "key {key}");
    }
    assert_eq!(by_key.concat().len(), 30);
    assert!(by_key.iter().all(|tuples| tuples.is_sorted()));
    assert_eq!(dealt("all"), [everything.clone(), everything.clone(), everything.clone()]);
    assert_eq!(dealt("global"), [everything, vec![], vec![]]);
}

#[test]
fn order_between_one_task_and_another_is_kept_under_back_pressure() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..200_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).batch(3).mailbox(1).max_pending(50);
        let numbers = topology.spout("numbers", script.factory());
        let same = topology.bolt("same", || map(|n: &u64| *n)).global(&numbers);
        topology.bolt("slow", move || Slow::new(record.bolt(), Duration::from_millis(7))).global(&same);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.items(), (0..200).collect::<Vec<_>>());
    });
}

/// A tuple that counts how many of its kind there are.
struct Counted(Arc<AtomicIsize>);

impl Counted {
    fn new(alive: &Arc<AtomicIsize>, most: &Arc<AtomicIsize>) -> Self {
        most.fetch_max(alive.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        Self(Arc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes a million of each number.
struct Million(Arc<AtomicIsize>, Arc<AtomicIsize>);

impl Bolt<u64> for Million {
    type Out = Emitter<Counted>;

    async fn execute(&mut self, _tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        for _ in 0..1_000_000 {
            out.send(Counted::new(&self.0, &self.1)).await;
        }
        Ok(())
    }
}

#[test]
fn an_execute_that_sends_a_million_outputs_is_bounded() {
    let (alive, most) = (Arc::<AtomicIsize>::default(), Arc::<AtomicIsize>::default());
    simulate(|clock| {
        let (alive, most) = (Arc::clone(&alive), Arc::clone(&most));
        async move {
            let script = ScriptedSpout::new().emit([1_u64]);
            let seen = Arc::new(AtomicIsize::new(0));
            let count = Arc::clone(&seen);
            let mut topology = topology(clock).mailbox(4);
            let numbers = topology.spout("numbers", script.factory());
            let many = topology
                .bolt("million", move || Million(Arc::clone(&alive), Arc::clone(&most)))
                .shuffle(&numbers);
            topology
                .bolt("count", move || {
                    let count = Arc::clone(&count);
                    for_each(move |_: &Counted| {
                        count.fetch_add(1, Ordering::Relaxed);
                    })
                })
                .shuffle(&many);
            end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(seen.load(Ordering::Relaxed), 1_000_000);
            assert_eq!(script.acked(), [1]);
        }
    });
    let most = most.load(Ordering::Relaxed);
    // Batches of 2,048: one that fills, one in each place of the mailbox and in execution, and those whose
    // memory waits to be used again.
    assert!(most <= 2048 * (1 + 4 + 2 + 32), "{most} at once");
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn an_execute_that_emits_too_much_without_waiting_fails_with_an_error_that_says_what_to_do() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2]);
        let dead = Recorder::new();
        let write = dead.clone();
        let mut topology = topology(clock).batch(4);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, letter| write.push((*n, letter.error.chain())));
        let many = topology
            .bolt("many", || {
                act(|n, out| {
                    let count = if n == 1 { 257 } else { 256 };
                    (0..count).for_each(|n| out.emit(n));
                    Ok(())
                })
            })
            .shuffle(&numbers);
        let seen = Recorder::new();
        let record = seen.clone();
        topology.bolt("record", move || record.bolt()).shuffle(&many);
        end_of(topology.build().unwrap()).await.unwrap();
        let why = "rejected for good in many: more than 64 batches were emitted in one call without waiting: \
                   use `send` for many outputs";
        assert_eq!(dead.items(), [(1, why.to_owned())]);
        assert_eq!(seen.len(), 512);
    });
}

#[test]
fn an_execute_that_emits_too_much_and_fails_has_failed_once_as_its_error_says() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let dead = Recorder::new();
        let write = dead.clone();
        let calls = Recorder::new();
        let call = calls.clone();
        let mut topology = topology(clock).batch(4);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, _| write.push(*n));
        let many = topology
            .bolt("many", move || {
                let call = call.clone();
                act(move |n, out| {
                    call.push(n);
                    if call.len() > 1 {
                        return Ok(());
                    }
                    (0..257).for_each(|n| out.emit(n));
                    Err(BoltError::retry("once"))
                })
            })
            .shuffle(&numbers);
        topology.bolt("look", || for_each(|_: &u64| {})).shuffle(&many);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("many").failed, 1);
        assert_eq!(calls.items(), [1, 1]);
        assert!(dead.items().is_empty());
        assert_eq!(script.acked(), [1]);
    });
}

/// Emits more than it may, then sends.
struct Mixed;

impl Bolt<u64> for Mixed {
    type Out = Emitter<u64>;

    async fn execute(&mut self, tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        if *tuple == 1 {
            (0..1_000).for_each(|n| out.emit(n));
            out.send(1).await;
        }
        Ok(())
    }
}

#[test]
fn a_send_behind_too_many_emits_does_not_hide_that_some_were_dropped() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64, 2, 3]);
        let dead = Recorder::new();
        let write = dead.clone();
        let mut topology = topology(clock).batch(4);
        let numbers = topology.spout("numbers", script.factory());
        numbers.on_dead_letter(move |n: &u64, _| write.push(*n));
        let mixed = topology.bolt("mixed", || Mixed).shuffle(&numbers);
        topology.bolt("look", || for_each(|_: &u64| {})).shuffle(&mixed);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(dead.items(), [1]);
    });
}

#[test]
fn max_pending_bounds_what_is_under_way() {
    simulate(|clock| async move {
        let mut script = ScriptedSpout::new();
        for n in 0..100_u64 {
            script = script.emit([n]);
        }
        let mut topology = topology(clock.clone()).max_pending(7).batch(5).mailbox(100);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("slow", || Slow::new(for_each(|_: &u64| {}), Duration::from_millis(10)))
            .shuffle(&numbers);
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        let mut most = 0;
        let look = async {
            loop {
                clock.sleep(Duration::from_millis(1)).await;
                let snapshot = handle.snapshot();
                let emitted = snapshot.component("numbers").emitted - snapshot.component("numbers").acked;
                most = most.max(emitted);
                assert!(snapshot.component("slow").waiting <= 7);
            }
        };
        tokio::select! {
            report = within_an_hour(running.wait()) => report.map(|_| ()).unwrap(),
            () = look => {}
        }
        assert_eq!(most, 7);
    });
}

#[test]
fn two_ways_from_one_stream_to_one_bolt_do_not_block_each_other_when_mailboxes_are_full() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..500_u64);
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).batch(2).mailbox(1);
        let numbers = topology.spout("numbers", script.factory());
        let many = topology
            .bolt("many", || {
                act(|n, out| {
                    (0..5).for_each(|_| out.emit(n));
                    Ok(())
                })
            })
            .shuffle(&numbers)
            .parallelism(2);
        let slow = topology
            .bolt("slow", || Slow::new(map(|n: &u64| *n), Duration::from_millis(3)))
            .shuffle(&many)
            .shuffle(&numbers);
        topology
            .bolt("join", move || Slow::new(record.bolt(), Duration::from_millis(1)))
            .shuffle(&numbers)
            .shuffle(&many)
            .shuffle(&slow);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(seen.len(), 500 * (1 + 5 + 6));
        assert_eq!(script.acked().len(), 500);
    });
}

#[test]
fn a_busy_task_sends_part_filled_batches_when_the_linger_time_is_over() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..100_u64);
        let seen = Recorder::new();
        let (record, time, start) = (seen.clone(), clock.clone(), clock.now());
        let mut topology = topology(clock).batch(10).linger(Duration::from_millis(25));
        let numbers = topology.spout("numbers", script.factory());
        let tenth = topology
            .bolt("every tenth", || {
                let pick = act(|n, out| {
                    if n % 10 == 0 {
                        out.emit(n);
                    }
                    Ok(())
                });
                Slow::new(pick, Duration::from_millis(1))
            })
            .shuffle(&numbers);
        topology
            .bolt("record", move || {
                let (record, time) = (record.clone(), time.clone());
                for_each(move |n: &u64| record.push((*n, time.now().since(start).as_millis())))
            })
            .shuffle(&tenth);
        end_of(topology.build().unwrap()).await.unwrap();
        let waits: Vec<_> = seen.items().into_iter().map(|(n, at)| at - u128::from(n)).collect();
        assert_eq!(waits.len(), 10);
        assert!(waits.iter().all(|wait| *wait <= 45), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait >= 10), "they leave together: {waits:?}");
    });
}

#[test]
fn an_idle_task_sends_what_it_has_at_once() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).stay_open();
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock).linger(Duration::from_hours(9));
        let numbers = topology.spout("numbers", script.factory());
        let same = topology.bolt("same", || map(|n: &u64| *n)).shuffle(&numbers);
        topology.bolt("record", move || record.bolt()).shuffle(&same);
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        assert_eq!((seen.items(), script.acked()), (vec![1], vec![1]));
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}
