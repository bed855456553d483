//! Windows against a model that keeps every tuple, for random layouts, times and orders of calls.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::window::{Aggregate, ClosedWindow, Collect, Window, WindowAxis, WindowSpec, Windows};

struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// The bounds of a window, and the numbers of its tuples in ascending order.
type Given = (i64, i64, bool, Vec<u64>);

/// Keeps every tuple for ever, and looks through all of them for every window.
struct Model {
    size: i64,
    slide: i64,
    offset: i64,
    tuples: Vec<(i64, u64)>,
    open_from: i64,
}

impl Model {
    fn new(size: i64, slide: i64, offset: i64) -> Self {
        Self { size, slide, offset, tuples: Vec::new(), open_from: i64::MIN }
    }

    fn add(&mut self, position: i64, id: u64) -> bool {
        if self.windows_of(position).is_empty() {
            return false;
        }
        self.tuples.push((position.max(self.open_from), id));
        true
    }

    fn windows_of(&self, position: i64) -> Vec<i64> {
        let is_start = |start: &i64| (start - self.offset).rem_euclid(self.slide) == 0;
        (position - self.size + 1..=position).filter(is_start).collect()
    }

    fn close(&mut self, until: i64, cut_short: bool) -> Vec<Given> {
        let starts = self.tuples.iter().flat_map(|(position, _)| self.windows_of(*position));
        let due = |start: &i64| *start >= self.open_from && start + self.size <= until;
        let mut starts: Vec<i64> = starts.filter(due).collect();
        starts.sort_unstable();
        starts.dedup();
        let given = starts.iter().map(|&start| self.window(start, cut_short)).collect();
        if let Some(last) = starts.last() {
            self.open_from = last + self.slide;
        }
        given
    }

    fn window(&self, start: i64, cut_short: bool) -> Given {
        let end = start + self.size;
        let inside = self.tuples.iter().filter(|(position, _)| (start..end).contains(position));
        (start, end, cut_short, inside.map(|(_, id)| *id).collect())
    }

    fn next_end(&self) -> Option<i64> {
        let starts = self.tuples.iter().flat_map(|(position, _)| self.windows_of(*position));
        starts.filter(|start| *start >= self.open_from).min().map(|start| start + self.size)
    }
}

fn given<B: WindowAxis>(closed: ClosedWindow<Collect<u64>, B>, millis: impl Fn(B) -> i64) -> Given {
    let Window { start, end, cut_short } = closed.window;
    let mut ids = closed.contents.into_vec();
    ids.sort_unstable();
    (millis(start), millis(end), cut_short, ids)
}

fn step_of_the_clock(random: &mut SplitMix64) -> i64 {
    match random.below(40) {
        0 => -i64::try_from(random.below(300)).unwrap(),
        1 => i64::try_from(random.below(5_000)).unwrap(),
        2..20 => 0,
        _ => i64::try_from(random.below(9)).unwrap(),
    }
}

fn millis(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap()
}

fn time_round(seed: u64) {
    let random = &mut SplitMix64(seed);
    let (size, slide, offset) = (1 + random.below(40), 1 + random.below(40), random.below(100));
    let spec = WindowSpec::sliding(millis(size), millis(slide)).unwrap().offset(millis(offset)).unwrap();
    let mut windows = Windows::<Collect<u64>, Timestamp>::new(spec);
    let mut model = Model::new(signed(size), signed(slide), signed(offset));
    let mut now = signed(random.below(2_000)) - 1_000;
    for id in 0..150 {
        now += step_of_the_clock(random);
        let at = Timestamp::from_millis(now);
        let taken = windows.add(at, |items| items.add(&id)).is_some();
        assert_eq!(taken, model.add(now, id), "seed {seed}, tuple {id}");
        assert_eq!(
            windows.next_close().map(Timestamp::as_millis),
            model.next_end(),
            "seed {seed}, tuple {id}"
        );
        if random.below(4) == 0 {
            now += step_of_the_clock(random);
            let expected = model.close(now, false);
            let at = Timestamp::from_millis(now);
            assert_eq!(windows.is_due(at), !expected.is_empty(), "seed {seed}, tuple {id}");
            let closed = windows.close(at).map(|closed| given(closed, Timestamp::as_millis));
            assert_eq!(closed.collect::<Vec<_>>(), expected, "seed {seed}, tuple {id}");
        }
    }
    let flushed = windows.flush().map(|closed| given(closed, Timestamp::as_millis));
    assert_eq!(flushed.collect::<Vec<_>>(), model.close(i64::MAX, true), "seed {seed}, at the end");
    assert_eq!(windows.next_close(), None, "seed {seed}, at the end");
    assert_eq!(windows.panes().count(), 0, "seed {seed}, at the end");
}

fn count_round(seed: u64) {
    let random = &mut SplitMix64(seed);
    let (size, slide) = (1 + random.below(20), 1 + random.below(20));
    let mut windows = Windows::<Collect<u64>, u64>::new(WindowSpec::sliding_count(size, slide).unwrap());
    let (size, slide) = (signed(size), signed(slide));
    let mut model = Model::new(size, slide, slide - size);
    let from_first = |window: Given| (window.0.max(0), window.1, window.2, window.3);
    for id in 0..random.below(120) {
        let now = Timestamp::from_millis(signed(random.below(1_000)));
        windows.add(now, |items| items.add(&id));
        model.add(signed(id), id);
        let closed = windows.close(now).map(|closed| given(closed, signed)).collect::<Vec<_>>();
        let expected = model.close(signed(id) + 1, false).into_iter().map(from_first).collect::<Vec<_>>();
        assert_eq!(closed, expected, "seed {seed}, tuple {id}");
    }
    let flushed = windows.flush().map(|closed| given(closed, signed)).collect::<Vec<_>>();
    let expected = model.close(i64::MAX, true).into_iter().map(from_first).collect::<Vec<_>>();
    assert_eq!(flushed, expected, "seed {seed}, at the end");
}

#[test]
fn time_windows_give_what_the_model_gives() {
    let first = 0x000F_100C_04E5;
    println!("seeds from {first}");
    (first..first + 500).for_each(time_round);
}

#[test]
fn count_windows_give_what_the_model_gives() {
    let first = 0x000F_10C0_DE01;
    println!("seeds from {first}");
    (first..first + 500).for_each(count_round);
}
