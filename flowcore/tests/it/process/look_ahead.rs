//! Tuples that a bolt is shown before it executes them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::time::EventTime;
use flowcore::process::window::WindowSpec;
use flowcore::process::{Bolt, BoltError, NoOutput, for_each};
use flowcore_testkit::{Recorder, START, ScriptedSpout, simulate};

use super::{end_of, topology};

/// Looks ahead while tuples are below `until`, and panics on `panics`.
struct Looks {
    until: u64,
    panics: Option<u64>,
    /// One more than the largest tuple that was shown.
    shown: AtomicU64,
    executed: Recorder<(u64, bool)>,
}

impl Bolt<u64> for Looks {
    type Out = NoOutput;

    fn look_ahead(&self, tuple: &u64) -> bool {
        assert_ne!(self.panics, Some(*tuple), "one too far");
        assert_eq!(self.shown.swap(tuple + 1, Ordering::Relaxed), *tuple, "one after the other");
        *tuple < self.until
    }

    async fn execute(&mut self, tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.executed.push((*tuple, *tuple < self.shown.load(Ordering::Relaxed)));
        Ok(())
    }
}

/// What becomes of a batch of a hundred: each tuple, and whether it was shown before.
fn executed(until: u64, panics: Option<u64>) -> Vec<(u64, bool)> {
    let executed = Recorder::new();
    let record = executed.clone();
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..100_u64);
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let looks = move || Looks { until, panics, shown: AtomicU64::new(0), executed: record.clone() };
        topology.bolt("looks", looks).shuffle(&numbers);
        let report = end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(script.acked().len(), 100);
        assert_eq!(report.snapshot.component("looks").failed, 0);
    });
    executed.items()
}

#[test]
fn a_bolt_that_looks_ahead_is_shown_every_tuple_once_before_it_executes_it() {
    assert_eq!(executed(100, None), (0..100).map(|n| (n, true)).collect::<Vec<_>>());
}

#[test]
fn a_bolt_that_has_no_use_for_it_is_shown_no_more_of_the_batch() {
    assert_eq!(executed(20, None), (0..100).map(|n| (n, n <= 20)).collect::<Vec<_>>());
}

#[test]
fn a_panic_while_looking_ahead_fails_no_tuple() {
    assert_eq!(executed(100, Some(40)), (0..100).map(|n| (n, n < 40)).collect::<Vec<_>>());
}

#[test]
fn a_count_of_many_keys_counts_each_of_them() {
    const KEYS: u64 = 40_000;
    let counts = Recorder::new();
    let record = counts.clone();
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit((0..3 * KEYS).map(|n| n * 7 % KEYS));
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let counted = numbers.key_by(|number| *number).count("count").parallelism(2);
        let record = move |count: &(u64, u64)| record.push(*count);
        counted.bolt("record", move || for_each(record.clone()));
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(script.acked().len() as u64, 3 * KEYS);
    });
    let mut counts = counts.items();
    counts.sort_unstable();
    let expected: Vec<_> = (0..KEYS).flat_map(|key| (1..=3).map(move |count| (key, count))).collect();
    assert!(counts == expected, "{} counts instead of {}", counts.len(), expected.len());
}

#[test]
fn a_window_of_many_keys_counts_each_of_them() {
    const KEYS: u64 = 20_000;
    let counts = Recorder::new();
    let record = counts.clone();
    simulate(|clock| async move {
        // The first millisecond of a window, the last one of the window before, and so on.
        let readings = (0..4 * KEYS).map(|n| (n % KEYS, START.as_millis() + 10 - i64::from(n % 3 == 0)));
        let script = ScriptedSpout::new().emit(readings);
        let mut topology = topology(clock);
        let at = EventTime::of(|(_, at): &(u64, i64)| Timestamp::from_millis(*at));
        let readings =
            topology.spout("readings", script.factory()).event_time(at.lag(Duration::from_secs(1)));
        let tens = WindowSpec::tumbling(Duration::from_millis(10)).unwrap();
        let counted = readings.key_by(|(key, _)| *key).window("count", tens).count().ignore_late();
        let record = move |result: &_| keep(&record, result);
        topology.bolt("record", move || for_each(record.clone())).shuffle(counted.results());
        end_of(topology.build().unwrap()).await.unwrap();
        assert_eq!(script.acked().len() as u64, 4 * KEYS);
    });
    let mut expected = std::collections::BTreeMap::new();
    for n in 0..4 * KEYS {
        *expected.entry((if n % 3 == 0 { 0 } else { 10 }, n % KEYS)).or_insert(0) += 1;
    }
    let mut counts = counts.items();
    counts.sort_unstable();
    let expected: Vec<_> = expected.into_iter().map(|((start, key), count)| (start, key, count)).collect();
    assert!(counts == expected, "{} results instead of {}", counts.len(), expected.len());
}

fn keep(record: &Recorder<(i64, u64, u64)>, result: &flowcore::process::window::EventWindowResult<u64, u64>) {
    record.push((result.window.start.as_millis() - START.as_millis(), result.key, result.contents));
}
