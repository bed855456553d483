//! What is called when in a bolt's life: prepare, ticks, a pause when it is full, cleanup.

use std::time::Duration;

use flowcore::base::{Clock, Timestamp, TokenSet};
use flowcore::process::{Bolt, BoltError, NoOutput, Outputs, TaskContext};
use flowcore_testkit::{Recorder, START, ScriptedSpout, Slow, run_until_idle, simulate};

use super::{end_of, topology, within_an_hour};

/// Writes down what is called. It reads numbers and text.
struct Diary(Recorder<String>);

impl Bolt<u64> for Diary {
    type Out = NoOutput;

    async fn prepare(&mut self, _context: &TaskContext) -> Result<(), BoltError> {
        self.0.push("prepare numbers".to_owned());
        Ok(())
    }

    async fn execute(&mut self, tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(tuple.to_string());
        Ok(())
    }

    async fn tick(&mut self, now: Timestamp, out: &mut NoOutput) -> Result<(), BoltError> {
        assert_eq!(out.now(), now);
        self.0.push(format!("tick numbers {}", now.since(START).as_millis()));
        Ok(())
    }

    async fn cleanup(&mut self, out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(format!("cleanup numbers {}", out.now().since(START).as_millis()));
        Ok(())
    }
}

impl Bolt<str> for Diary {
    type Out = NoOutput;

    async fn prepare(&mut self, _context: &TaskContext) -> Result<(), BoltError> {
        self.0.push("prepare text".to_owned());
        Ok(())
    }

    async fn execute(&mut self, tuple: &str, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(tuple.to_owned());
        Ok(())
    }

    async fn tick(&mut self, _now: Timestamp, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push("tick text".to_owned());
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push("cleanup text".to_owned());
        Ok(())
    }
}

#[test]
fn prepare_tick_and_cleanup_of_every_input_type_are_called_once() {
    simulate(|clock| async move {
        let pause = Duration::from_millis(1_500);
        let script = ScriptedSpout::new().emit([1_u64]).wait(pause).emit([2]);
        let more = ScriptedSpout::new().emit([3_u64]);
        let diary = Recorder::new();
        let record = diary.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let others = topology.spout("others", more.factory());
        let text = topology.bolt("text", || Text).shuffle(&numbers);
        topology
            .bolt("diary", move || Diary(record.clone()))
            .shuffle(&numbers)
            .shuffle(&others)
            .shuffle(&text)
            .tick_every(Duration::from_secs(1));
        end_of(topology.build().unwrap()).await.unwrap();
        let mut diary = diary.items();
        assert_eq!(diary.drain(..2).collect::<Vec<_>>(), ["prepare numbers", "prepare text"]);
        let end = diary.split_off(diary.len() - 2);
        assert_eq!(end, ["cleanup numbers 1500", "cleanup text"]);
        let mut first = diary.drain(..3).collect::<Vec<_>>();
        first.sort_unstable();
        assert_eq!(first, ["1", "3", "text of 1"]);
        assert_eq!(diary, ["tick numbers 1000", "tick text", "2", "text of 2"]);
    });
}

/// Makes packed text of numbers.
struct Text;

impl Bolt<u64> for Text {
    type Out = flowcore::process::Emitter<str>;

    async fn execute(&mut self, tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.emit(&format!("text of {tuple}"));
        Ok(())
    }
}

/// Records ticks, and wakes when it is told to.
struct Ticking {
    ticks: Recorder<u128>,
    wake: Option<Timestamp>,
    again: Option<Duration>,
}

impl Bolt<u64> for Ticking {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        Ok(())
    }

    async fn tick(&mut self, now: Timestamp, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.ticks.push(now.since(START).as_millis());
        self.wake = self.again.map(|again| now + again);
        Ok(())
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.wake
    }
}

#[test]
fn ticks_come_in_their_interval_though_nothing_arrives() {
    simulate(|clock| async move {
        let script = ScriptedSpout::<u64>::new().wait(Duration::from_millis(3_500));
        let ticks = Recorder::new();
        let record = ticks.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("tick", move || Ticking { ticks: record.clone(), wake: None, again: None })
            .shuffle(&numbers)
            .tick_every(Duration::from_secs(1));
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(ticks.items(), [1_000, 2_000, 3_000]);
    });
}

#[test]
fn ticks_that_were_missed_are_merged_into_one() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).wait(Duration::from_secs(6));
        let ticks = Recorder::new();
        let record = ticks.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("tick", move || {
                let ticking = Ticking { ticks: record.clone(), wake: None, again: None };
                Slow::new(ticking, Duration::from_millis(3_500))
            })
            .shuffle(&numbers)
            .tick_every(Duration::from_secs(1));
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(ticks.items(), [3_500, 4_500, 5_500]);
    });
}

#[test]
fn wake_at_calls_tick_at_its_instant() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).wait(Duration::from_secs(1));
        let ticks = Recorder::new();
        let record = ticks.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("tick", move || {
                let again = Some(Duration::from_millis(400));
                Ticking { ticks: record.clone(), wake: Some(START + Duration::from_millis(123)), again }
            })
            .shuffle(&numbers);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(ticks.items(), [123, 523, 923]);
    });
}

#[test]
fn a_bolt_that_always_wants_to_be_woken_in_the_past_still_gets_its_input() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit([1_u64]).wait(Duration::from_millis(10)).emit([2]);
        let ticks = Recorder::new();
        let record = ticks.clone();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("tick", move || {
                let again = Some(Duration::ZERO);
                Ticking { ticks: record.clone(), wake: Some(Timestamp::MIN), again }
            })
            .shuffle(&numbers);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(script.acked(), [1, 2]);
        assert!((10..=12).contains(&ticks.len()), "once a millisecond: {:?}", ticks.items());
    });
}

/// Keeps tuples until a tick.
struct Full {
    tokens: TokenSet,
    most: Recorder<usize>,
    wake: Option<Timestamp>,
}

impl Bolt<u64> for Full {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, out: &mut NoOutput) -> Result<(), BoltError> {
        out.keep_in(&mut self.tokens);
        self.wake.get_or_insert(out.now() + Duration::from_secs(1));
        Ok(())
    }

    async fn tick(&mut self, _now: Timestamp, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.wake = None;
        self.most.push(self.tokens.len());
        std::mem::take(&mut self.tokens).ack();
        Ok(())
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.wake
    }

    fn is_full(&self) -> bool {
        self.tokens.len() >= 5
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        std::mem::take(&mut self.tokens).ack();
        Ok(())
    }
}

#[test]
fn a_bolt_that_is_full_gets_no_more_batches_until_a_tick_has_made_room() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..30_u64);
        let (held, start) = (Recorder::new(), clock.now());
        let record = held.clone();
        let mut topology = topology(clock.clone()).batch(1);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("full", move || Full { tokens: TokenSet::default(), most: record.clone(), wake: None })
            .shuffle(&numbers);
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(script.acked().len(), 30);
        assert!(held.items().iter().all(|held| *held == 5), "{:?}", held.items());
        assert!(clock.now().since(start) >= Duration::from_secs(5));
    });
}

#[test]
fn replays_restarts_and_ticks_come_though_the_clock_of_the_topology_stands_still() {
    simulate(|_| async move {
        let script = ScriptedSpout::new().emit([1_u64]).fail("away").emit([2]);
        let ticks = Recorder::new();
        let record = ticks.clone();
        let plan = flowcore_testkit::Plan::fail_first(1);
        let mut topology = topology(Clock::fixed(START));
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("flaky", move || {
                let full = Full { tokens: TokenSet::default(), most: record.clone(), wake: None };
                flowcore_testkit::Flaky::new(full, plan.clone())
            })
            .shuffle(&numbers);
        end_of(topology.build().unwrap()).await.unwrap();
        let mut acked = script.acked();
        acked.sort_unstable();
        assert_eq!(acked, [1, 2]);
    });
    simulate(|_| async move {
        let script = ScriptedSpout::new().emit(0..20_u64).stay_open();
        let ticks = Recorder::new();
        let record = ticks.clone();
        let mut topology = topology(Clock::fixed(START)).batch(1);
        let numbers = topology.spout("numbers", script.factory());
        topology
            .bolt("full", move || Full { tokens: TokenSet::default(), most: record.clone(), wake: None })
            .shuffle(&numbers);
        let running = topology.build().unwrap().start();
        Clock::system().sleep(Duration::from_secs(10)).await;
        run_until_idle().await;
        assert_eq!(script.acked().len(), 20, "a full bolt is ticked");
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}
