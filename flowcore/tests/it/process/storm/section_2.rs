//! The life of components.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::Token;
use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Outputs, Spout, SpoutError, TaskContext, for_each, map,
};
use flowcore_testkit::{Flaky, Plan, Recorder, ScriptedSpout, Slow, run_until_idle, simulate};

use super::super::{act, end_of, topology, within_an_hour};

/// A spout that writes down what is called, and emits one number a call.
struct Diary {
    seen: Recorder<String>,
    left: u64,
    task: usize,
}

impl Spout for Diary {
    type Out = Emitter<u64>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.task = context.task;
        self.seen.push(format!("{} open", self.task));
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        if self.left == 0 {
            return Ok(Next::End);
        }
        self.left -= 1;
        let (seen, name) = (self.seen.clone(), format!("{} ack {}", self.task, self.left));
        out.cover(Token::new(move |outcome| {
            seen.push(outcome.map_or_else(|_| "lost".to_owned(), |()| name));
        }));
        out.emit(self.left);
        self.seen.push(format!("{} next {}", self.task, self.left));
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        self.seen.push(format!("{} close", self.task));
        Ok(())
    }
}

#[test]
fn storm_2_1_open_comes_first_and_close_always_after_the_last_ack_once_for_each_task() {
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let mut topology = topology(clock);
            let diary = move || Diary { seen: record.clone(), left: 2, task: 0 };
            let numbers = topology.spout("numbers", diary).parallelism(2);
            let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_secs(1));
            topology.bolt("slow", slow).shuffle(&numbers);
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    for task in ["0", "1"] {
        let calls = seen.items().into_iter().filter(|call| call.starts_with(task));
        let calls: Vec<String> = calls.map(|call| call[2..].to_owned()).collect();
        assert_eq!(calls, ["open", "next 1", "next 0", "ack 1", "ack 0", "close"]);
    }
}

#[test]
fn storm_2_1_next_is_not_called_while_max_pending_is_reached_or_the_spout_is_paused() {
    simulate(|clock| async move {
        let seen = Recorder::new();
        let record = seen.clone();
        let mut topology = topology(clock.clone()).max_pending(2).batch(1);
        let numbers = topology.spout("numbers", move || Diary { seen: record.clone(), left: 9, task: 0 });
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_secs(1));
        topology.bolt("slow", slow).shuffle(&numbers);
        let calls = |what: &str| seen.items().iter().filter(|call| call.contains(what)).count();
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        assert_eq!(calls("next"), 2, "two are under way");
        running.handle().pause("numbers").unwrap();
        clock.sleep(Duration::from_secs(10)).await;
        assert_eq!((calls("next"), calls("ack")), (2, 2), "acks come while it is paused");
        running.handle().resume("numbers").unwrap();
        within_an_hour(running.wait()).await.unwrap();
        assert_eq!((calls("next"), calls("ack")), (9, 9));
    });
}

#[test]
fn storm_2_1_an_error_closes_the_spout_and_a_panic_drops_it_and_both_make_it_anew() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).fail("away").emit([2]).panic("ouch").emit([3]);
        let mut topology = topology(clock);
        topology.spout("numbers", script.factory()).for_each("end", |_| {});
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!((script.acked(), script.lives()), (vec![1, 2, 3], (3, 2)));
        assert_eq!(report.snapshot.component("numbers").restarts, 2);
    });
}

/// Writes down what is called.
struct Life(Recorder<String>);

impl Bolt<u64> for Life {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        self.0.push(format!("prepare {} of {}", context.task, context.parallelism));
        Ok(())
    }

    async fn execute(&mut self, number: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(format!("execute {number}"));
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push("cleanup".to_owned());
        Ok(())
    }
}

#[test]
fn storm_2_2_prepare_comes_first_and_cleanup_last_once_for_each_task_also_at_a_stop() {
    for stop in [false, true] {
        simulate(|clock| async move {
            let seen = Recorder::new();
            let record = seen.clone();
            let script = ScriptedSpout::new().emit([1_u64, 2]);
            let script = if stop { script.stay_open() } else { script };
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", script.factory());
            topology.bolt("life", move || Life(record.clone())).all(&numbers).parallelism(2);
            let running = topology.build().unwrap().start();
            run_until_idle().await;
            if stop {
                running.handle().stop();
            }
            within_an_hour(running.wait()).await.unwrap();
            let mut seen = seen.items();
            assert_eq!(seen.split_off(seen.len() - 2), ["cleanup", "cleanup"]);
            seen.sort_unstable();
            let expected =
                ["execute 1", "execute 1", "execute 2", "execute 2", "prepare 0 of 2", "prepare 1 of 2"];
            assert_eq!(seen, expected);
        });
    }
}

#[test]
fn storm_2_2_ok_acknowledges_a_tuple_and_any_error_fails_and_counts_it() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..10_u64);
        let plan = Plan::fail_first(3);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let flaky = move || Flaky::new(for_each(|_: &u64| {}), plan.clone());
        topology.bolt("flaky", flaky).shuffle(&numbers);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        let flaky = report.snapshot.component("flaky");
        assert_eq!((flaky.executed, flaky.acked, flaky.failed), (13, 10, 3));
        assert_eq!(script.acked().len(), 10);
    });
}

#[test]
fn storm_2_2_a_tuple_can_be_answered_later_and_from_another_task() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).stay_open();
        let kept: Arc<Mutex<Option<Token>>> = Arc::default();
        let keep = Arc::clone(&kept);
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        let later = move || {
            let keep = Arc::clone(&keep);
            act(move |_, out| {
                *keep.lock().unwrap() = Some(out.keep());
                Ok(())
            })
        };
        topology.bolt("later", later).shuffle(&numbers).ignore();
        let running = topology.build().unwrap().start();
        clock.sleep(Duration::from_mins(5)).await;
        assert_eq!(script.acked(), [0; 0]);
        let token = kept.lock().unwrap().take().unwrap();
        token.ack();
        run_until_idle().await;
        assert_eq!(script.acked(), [1]);
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_2_2_what_is_emitted_is_anchored_to_the_input() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]);
        let executed = Recorder::new();
        let record = executed.clone();
        let plan = Plan::fail_first(1);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let doubled = numbers.map("double", move |n| {
            record.push(*n);
            n * 2
        });
        topology.bolt("flaky", move || Flaky::new(for_each(|_: &u64| {}), plan.clone())).shuffle(&doubled);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(executed.items(), [1, 1], "what fails downstream is replayed from the spout");
        assert_eq!(script.acked(), [1]);
    });
}

#[test]
fn storm_2_2_a_panic_makes_the_task_anew_after_a_bounded_back_off_and_the_process_lives() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..5_u64);
        let (plan, start) = (Plan::panic_first(2), clock.now());
        let mut topology = topology(clock.clone());
        let numbers = topology.spout("numbers", script.factory());
        let flaky = move || Flaky::new(map(|n: &u64| *n), plan.clone());
        topology.bolt("flaky", flaky).shuffle(&numbers).ignore();
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(report.snapshot.component("flaky").restarts, 2);
        assert_eq!(script.acked().len(), 5);
        assert!(clock.now().since(start) >= Duration::from_millis(10 + 20));
    });
}

#[test]
fn storm_2_3_a_stop_ends_spouts_first_and_drains_to_the_last_ack_or_the_grace_period() {
    for (each, acked) in [(1, 20), (10, 0)] {
        simulate(|clock| async move {
            let script = ScriptedSpout::new().emit(0..20_u64).stay_open();
            let mut topology = topology(clock.clone()).grace(Duration::from_secs(30));
            let numbers = topology.spout("numbers", script.factory());
            let slow = move || Slow::new(for_each(|_: &u64| {}), Duration::from_secs(each));
            topology.bolt("slow", slow).shuffle(&numbers);
            let running = topology.build().unwrap().start();
            run_until_idle().await;
            running.handle().stop();
            let report = within_an_hour(running.wait()).await.unwrap();
            let left: usize = report.unsettled.iter().map(|left| left.tuples).sum();
            assert!(script.acked().len() >= acked);
            assert_eq!(script.acked().len() + left, 20, "{report:?}");
            assert_eq!(left == 0, each == 1);
        });
    }
}
