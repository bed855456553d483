//! Ticks.

use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::{Bolt, BoltError, NoOutput};
use flowcore_testkit::{Recorder, START, ScriptedSpout, Slow, simulate};

use super::super::{end_of, topology};

/// Records the milliseconds at which it ticks.
struct Ticking(Recorder<u128>);

impl Bolt<u64> for Ticking {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        Ok(())
    }

    async fn tick(&mut self, now: Timestamp, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0.push(now.since(START).as_millis());
        Ok(())
    }
}

/// When a bolt ticks that takes `each` for a tuple and is told to tick each `every`.
fn ticks(script: ScriptedSpout<u64>, each: Duration, every: Option<Duration>, batch: usize) -> Vec<u128> {
    let seen = Recorder::new();
    simulate(|clock| {
        let record = seen.clone();
        async move {
            let mut topology = topology(clock).batch(batch);
            let numbers = topology.spout("numbers", script.factory());
            let ticking = move || Slow::new(Ticking(record.clone()), each);
            let bolt = topology.bolt("tick", ticking).shuffle(&numbers);
            if let Some(every) = every {
                bolt.tick_every(every);
            }
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    seen.items()
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn storm_6_ticks_come_in_the_components_interval_in_virtual_time_and_only_to_who_asks() {
    let quiet = || ScriptedSpout::new().wait(SECOND * 3 + SECOND / 2);
    assert_eq!(ticks(quiet(), Duration::ZERO, Some(SECOND), 8), [1_000, 2_000, 3_000]);
    assert_eq!(ticks(quiet(), Duration::ZERO, None, 8), [0; 0]);
}

#[test]
fn storm_6_ticks_that_were_missed_are_merged() {
    let script = ScriptedSpout::new().emit([1]).wait(SECOND * 5);
    assert_eq!(ticks(script, SECOND * 7 / 2, Some(SECOND), 8), [3_500, 4_500]);
}

#[test]
fn storm_6_a_tick_runs_between_batches_and_does_not_wait_behind_the_queue() {
    let script = ScriptedSpout::new().emit(0..100);
    let ticks = ticks(script, SECOND / 10, Some(SECOND), 4);
    assert!(ticks.len() >= 8, "{ticks:?}");
    let intervals = ticks.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(intervals.chain(ticks.first().copied()).all(|time| time <= 1_000 + 400), "{ticks:?}");
}
