//! A tumbling count in event time in renoir: the same readings as ours, with the same lag.
//!
//! Its windows begin at the first timestamp of a key, and a reading before that is lost. So it is given whole seconds:
//! then its windows are ours, and nothing is lost, because every key comes ten times a second.

use renoir::operator::window::EventTimeWindow;
use renoir::prelude::*;

use crate::order::shuffled;
use crate::{Outcome, WORKERS};

const KEYS: u64 = 100_000;
const START: u64 = 1_411_905_600_000;
const PER_MILLI: u64 = 1_000;
const DISORDER: u64 = 500;
const WINDOW: u64 = 1_000;
/// Readings between two watermarks.
const STEP: u64 = 1_024;

fn reading(number: u64) -> (u64, u64) {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let behind = (mixed * DISORDER) >> 32;
    (shuffled(number, KEYS), START + (number / PER_MILLI).saturating_sub(behind))
}

fn second(at: u64) -> i64 {
    (at - at % WINDOW) as i64
}

/// A mark of a result that says its window and its key.
fn mark(start: u64, key: u64, count: u64) -> u64 {
    let mark = (start ^ key.rotate_left(40)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mark >> 16).wrapping_mul(count)
}

/// What the marks of all results add up to.
pub fn expected(readings: u64) -> u64 {
    (0..readings).map(reading).fold(0, |sum, (key, at)| sum.wrapping_add(mark(second(at) as u64, key, 1)))
}

pub fn run(readings: u64) -> Outcome {
    let config = RuntimeConfig::local(WORKERS as u64).map_err(|error| error.to_string())?;
    let context = StreamContext::new(config);
    let (mut latest, mut since) = (0, 0);
    let marks = context
        .stream_par_iter(move |id: u64, instances: u64| {
            (id..readings).step_by(instances as usize).map(reading)
        })
        .add_timestamps(
            |&(_, at)| second(at),
            move |&(_, at), _| {
                latest = at.max(latest);
                since += 1;
                (since % STEP == 0).then(|| second(latest.saturating_sub(DISORDER)))
            },
        )
        .group_by(|&(key, _)| key)
        .window(EventTimeWindow::tumbling(WINDOW as i64))
        .fold((0u64, 0u64), |(start, count), &(_, at)| (*start, *count) = (second(at) as u64, *count + 1))
        .unkey()
        .drop_timestamps()
        .fold_assoc(
            0u64,
            |sum, (key, (start, count))| *sum = sum.wrapping_add(mark(start, key, count)),
            |sum, part| *sum = sum.wrapping_add(part),
        )
        .collect_vec();
    context.execute_blocking();
    marks.get().and_then(|marks| marks.first().copied()).ok_or_else(|| "renoir gave no result".to_owned())
}
