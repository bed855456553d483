use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::base::{DeliveryError, LossKind, Token};
use crate::process::window::{Aggregate, Collect, CountByKey};

type Log = Arc<Mutex<Vec<(u64, bool)>>>;

fn token(log: &Log, id: u64) -> Token {
    let log = Arc::clone(log);
    Token::new(move |outcome| log.lock().unwrap().push((id, outcome.is_ok())))
}

fn add<B: WindowAxis>(windows: &mut KeptWindows<Collect<u64>, B>, log: &Log, at: i64, id: u64) {
    let token = token(log, id);
    let mut token = Some(token);
    let now = Timestamp::from_millis(at);
    windows.add(now, |set| set.insert(token.take().unwrap()), |items| items.add(&id));
    // What the engine does with a tuple whose token was not kept.
    if let Some(token) = token {
        token.ack();
    }
}

fn sliding(size: u64, slide: u64) -> KeptWindows<Collect<u64>, Timestamp> {
    let (size, slide) = (Duration::from_millis(size), Duration::from_millis(slide));
    KeptWindows::new(WindowSpec::sliding(size, slide).unwrap())
}

fn close<B: WindowAxis>(windows: &mut KeptWindows<Collect<u64>, B>, at: i64) -> Vec<(Vec<u64>, TokenSet)> {
    let next = || windows.close(Timestamp::from_millis(at));
    let closed = std::iter::from_fn(next);
    closed.map(|closed| (closed.contents.aggregate.into_vec(), closed.contents.tokens)).collect()
}

fn answers(log: &Log) -> Vec<(u64, bool)> {
    std::mem::take(&mut *log.lock().unwrap())
}

#[test]
fn a_tuple_is_answered_when_the_last_window_that_held_it_is_safe() {
    let log = Log::default();
    let mut windows = sliding(20, 10);
    add(&mut windows, &log, 5, 1);
    add(&mut windows, &log, 15, 2);

    let mut closed = close(&mut windows, 20);
    assert_eq!(closed.iter().map(|(items, _)| items.as_slice()).collect::<Vec<_>>(), [&[1][..], &[1, 2]]);
    closed.remove(0).1.ack();
    assert_eq!(answers(&log), [], "the window of 0 to 20 has not been stored");
    closed.remove(0).1.ack();
    assert_eq!(answers(&log), [(1, true)], "the window of 10 to 30 is still open for the second");

    close(&mut windows, 30).remove(0).1.ack();
    assert_eq!(answers(&log), [(2, true)]);
}

#[test]
fn a_result_that_fails_fails_its_tuples_and_no_others() {
    let log = Log::default();
    let mut windows = sliding(10, 10);
    add(&mut windows, &log, 5, 1);
    add(&mut windows, &log, 15, 2);
    let mut closed = close(&mut windows, 20);
    closed.remove(0).1.fail(&DeliveryError::new("store", LossKind::Failed));
    closed.remove(0).1.ack();
    assert_eq!(answers(&log), [(1, false), (2, true)]);
}

#[test]
fn a_tuple_between_two_windows_is_not_kept() {
    let log = Log::default();
    let mut windows = sliding(5, 10);
    add(&mut windows, &log, 7, 1);
    assert_eq!(answers(&log), [(1, true)]);
    assert_eq!(windows.next_close(), None);
}

#[test]
fn windows_that_are_thrown_away_fail_what_they_held() {
    let log = Log::default();
    let mut windows = sliding(20, 10);
    add(&mut windows, &log, 5, 1);
    drop(windows);
    assert_eq!(answers(&log), [(1, false)]);
}

#[test]
fn time_windows_are_full_at_their_limit_until_one_closes() {
    let log = Log::default();
    let mut windows = sliding(20, 10);
    windows.max_kept = 2;
    add(&mut windows, &log, 5, 1);
    assert!(!windows.is_full());
    add(&mut windows, &log, 15, 2);
    assert!(windows.is_full());
    for (_, tokens) in close(&mut windows, 20) {
        tokens.ack();
    }
    assert!(!windows.is_full(), "the first tuple has left its last window");
}

#[test]
fn the_limit_of_keys_counts_keys_and_not_tuples() {
    let spec = WindowSpec::tumbling(Duration::from_millis(10)).unwrap();
    let mut windows = KeptWindows::<CountByKey<u64>, Timestamp>::new(spec);
    windows.max_entries = 2;
    for key in [7, 7, 7, 8] {
        assert!(!windows.is_full());
        windows.add(Timestamp::from_millis(1), |_| (), |counts| counts.add_owned(key));
    }
    assert!(windows.is_full());
    assert!(windows.close(Timestamp::from_millis(10)).is_some());
    assert!(!windows.is_full());
}

#[test]
fn count_windows_are_never_full_because_only_input_closes_them() {
    let log = Log::default();
    let mut windows = KeptWindows::<Collect<u64>, u64>::new(WindowSpec::tumbling_count(3).unwrap());
    windows.max_kept = 1;
    for id in 0..3 {
        assert!(!windows.is_full());
        add(&mut windows, &log, 0, id);
    }
    close(&mut windows, 0).remove(0).1.ack();
    assert_eq!(answers(&log), [(0, true), (1, true), (2, true)]);
}

/// What is to be told about each tuple.
#[derive(Default)]
struct Answers {
    /// How many windows of each tuple are not answered yet; whether one failed.
    open: BTreeMap<u64, (usize, bool)>,
    expected: Vec<(u64, bool)>,
}

impl Answers {
    fn answer(&mut self, items: &[u64], safe: bool) {
        for id in items {
            let (left, good) = self.open.get_mut(id).unwrap();
            *left -= 1;
            *good &= safe;
            if *left == 0 {
                self.expected.push((*id, *good));
            }
        }
    }
}

/// Answers some of the windows that were given, in any order.
fn answer_some(given: &mut Vec<(Vec<u64>, TokenSet)>, answers: &mut Answers, random: &mut u64, most: usize) {
    for _ in 0..most.min(given.len()) {
        let (items, tokens) = given.swap_remove(usize::try_from(below(random, given.len() as u64)).unwrap());
        let safe = below(random, 8) != 0;
        answers.answer(&items, safe);
        if safe {
            tokens.ack();
        } else {
            tokens.fail(&DeliveryError::new("store", LossKind::Failed));
        }
    }
}

fn below(random: &mut u64, limit: u64) -> u64 {
    *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*random >> 33) % limit
}

/// Time never goes back here, so each tuple is in exactly `overlap` windows.
fn round(seed: u64) {
    let random = &mut seed.clone();
    let slide = 1 + below(random, 5);
    let overlap = 1 + below(random, 4);
    let (log, mut answers, mut given) = (Log::default(), Answers::default(), Vec::new());
    let mut windows = sliding(slide * overlap, slide);
    let (mut now, mut told) = (0, Vec::new());
    for id in 0..100 {
        add(&mut windows, &log, now, id);
        answers.open.insert(id, (usize::try_from(overlap).unwrap(), true));
        now += i64::try_from(below(random, 4)).unwrap();
        given.extend(close(&mut windows, now));
        answer_some(&mut given, &mut answers, random, 2);
        told.extend(self::answers(&log));
        told.sort_unstable();
        answers.expected.sort_unstable();
        assert_eq!(told, answers.expected, "seed {seed}, tuple {id}");
    }
    let flushed = std::iter::from_fn(|| windows.flush());
    given.extend(flushed.map(|closed| (closed.contents.aggregate.into_vec(), closed.contents.tokens)));
    answer_some(&mut given, &mut answers, random, usize::MAX);
    told.extend(self::answers(&log));
    assert_eq!(told.len(), 100, "seed {seed}: every tuple is answered in the end");
    assert!(!windows.is_full() && windows.tuples == 0 && windows.entries == 0, "seed {seed}");
}

#[test]
fn tuples_are_answered_exactly_when_all_their_windows_are() {
    let first = 0x7061_6E65;
    println!("seeds from {first}");
    (first..first + 300).for_each(round);
}

#[test]
fn open_windows_are_those_that_a_flush_gives_with_as_many_tuples() {
    for seed in 0..300_u64 {
        let mut state = seed;
        let mut below = |limit: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % limit
        };
        let (log, size) = (Log::default(), 1 + below(20));
        let mut windows = sliding(size, 1 + below(20));
        let mut now = 0;
        for id in 0..below(40) {
            now += i64::try_from(below(9)).unwrap();
            add(&mut windows, &log, now, id);
        }
        drop(close(&mut windows, now));
        let mut open = OpenWindows::at_most(usize::try_from(below(30)).unwrap());
        windows.open_windows(&mut open);
        let told: Vec<_> = open.iter().map(|window| (window.bounds, window.tuples)).collect();
        let flushed = std::iter::from_fn(|| windows.flush()).map(|closed| {
            let (start, end) = (closed.window.start, closed.window.end);
            let bounds = crate::process::observe::WindowBounds::Time { start, end };
            (bounds, closed.contents.aggregate.into_vec().len() as u64)
        });
        let flushed: Vec<_> = flushed.collect();
        let (named, others) = flushed.split_at(told.len());
        assert_eq!((&told[..], open.left_out()), (named, others.len() as u64), "seed {seed}");
    }
}

#[test]
fn an_open_count_window_says_how_many_tuples_are_missing() {
    let mut windows = KeptWindows::<Collect<u64>, u64>::new(WindowSpec::tumbling_count(5).unwrap());
    let log = Log::default();
    add(&mut windows, &log, 0, 1);
    add(&mut windows, &log, 0, 2);
    let mut open = OpenWindows::at_most(9);
    windows.open_windows(&mut open);
    let open: Vec<_> = open.iter().map(|window| (window.closes, window.tuples)).collect();
    assert_eq!(open, [(crate::process::observe::Closes::Tuples(3), 2)]);
}
