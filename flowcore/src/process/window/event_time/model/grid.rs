use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Model, Open, Race, Random, Rules, Shown, Tuple, rounds, rules, run};
use crate::process::window::WindowSpec;
use crate::process::window::event_time::Firing;
use crate::process::window::event_time::grid_windows::GridWindows;

/// A tuple in one window.
#[derive(Debug, Clone, Copy)]
struct Entry {
    tuple: Tuple,
    /// Not in any result so far.
    new: bool,
    /// Forgotten, because it was shown and the windows discard.
    gone: bool,
    /// The window owes a result for it.
    owed: bool,
}

struct Grid {
    size: i64,
    slide: i64,
    offset: i64,
    rules: Rules,
    /// By the start of the window, in order of arrival.
    windows: BTreeMap<i64, Vec<Entry>>,
    watermark: i64,
    preview_at: Option<i64>,
    correct_at: Option<i64>,
}

impl Grid {
    fn ended(&self, start: i64, watermark: i64) -> bool {
        start + self.size <= watermark
    }

    fn over(&self, start: i64, watermark: i64) -> bool {
        (start + self.size).saturating_add(self.rules.lateness) <= watermark
    }

    /// Every window that holds a position, by looking at all of them.
    fn windows_of(&self, at: i64) -> Vec<i64> {
        let first = (at - self.size).div_euclid(self.slide) - 2;
        let starts = (first..).map(|n| n * self.slide + self.offset).take_while(|start| *start <= at);
        starts.filter(|start| at < start + self.size).collect()
    }

    /// The window shows all keys, or those that have something new.
    fn show(&mut self, start: i64, firing: Firing, keys: impl Fn(u8) -> bool) -> Shown {
        let discarding = self.rules.discarding;
        let size = self.size;
        let entries = self.windows.get_mut(&start).unwrap();
        let mut contents: BTreeMap<u8, Vec<Tuple>> = BTreeMap::new();
        let mut answers = BTreeSet::new();
        let changed: BTreeSet<u8> = entries.iter().filter(|e| e.new).map(|e| e.tuple.key).collect();
        for entry in entries {
            let key = entry.tuple.key;
            let shows = keys(key) && (firing == Firing::OnTime || changed.contains(&key));
            if shows && !entry.gone {
                contents.entry(key).or_default().push(entry.tuple);
                entry.new = false;
                entry.gone = discarding;
            }
            if firing != Firing::Early {
                answers.extend(entry.owed.then_some(entry.tuple.id));
                entry.owed = false;
            } else if discarding {
                answers.insert(entry.tuple.id);
            }
        }
        let in_order = |mut tuples: Vec<Tuple>| {
            tuples.sort_by_key(|tuple| (tuple.at, tuple.id));
            tuples.iter().map(|tuple| tuple.id).collect()
        };
        let contents = contents.into_iter().map(|(key, tuples)| (key, in_order(tuples))).collect();
        let (end, timestamp) = (start + size, start + size - 1);
        Shown { start, end, firing, cut_short: false, timestamp, contents, answers }
    }

    fn show_new(&mut self, firing: Firing, shown: &mut Vec<Shown>) {
        let starts: Vec<i64> = self.windows.keys().copied().collect();
        for start in starts {
            let fits = self.ended(start, self.watermark) == (firing == Firing::Late);
            if fits && self.windows[&start].iter().any(|entry| entry.new) {
                let one = self.show(start, firing, |_| true);
                shown.push(one);
            }
        }
    }
}

impl Model for Grid {
    fn add(&mut self, tuple: Tuple, now: i64, shown: &mut Vec<Shown>) -> Option<bool> {
        let windows = self.windows_of(tuple.at);
        if windows.is_empty() {
            return Some(false);
        }
        let open: Vec<i64> = windows.into_iter().filter(|s| !self.over(*s, self.watermark)).collect();
        if open.is_empty() {
            return None;
        }
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap();
        for &start in &open {
            let entry = Entry { tuple, new: true, gone: false, owed: true };
            self.windows.entry(start).or_default().push(entry);
        }
        for start in open {
            if self.ended(start, self.watermark) {
                if self.rules.late_every.is_zero() {
                    shown.push(self.show(start, Firing::Late, |_| true));
                } else {
                    self.correct_at.get_or_insert(now + millis(self.rules.late_every));
                }
                continue;
            }
            if let Some(every) = self.rules.early_every {
                self.preview_at.get_or_insert(now + millis(every));
            }
            let new = |entry: &&Entry| entry.new && entry.tuple.key == tuple.key;
            let new = self.windows[&start].iter().filter(new).count() as u64;
            if self.rules.early_tuples.is_some_and(|tuples| new >= tuples) {
                shown.push(self.show(start, Firing::Early, |key| key == tuple.key));
            }
        }
        Some(true)
    }

    fn advance(&mut self, watermark: i64, now: i64, shown: &mut Vec<Shown>) {
        let starts: Vec<i64> = self.windows.keys().copied().collect();
        let presses = |start: &i64| {
            if self.ended(*start, self.watermark) {
                return self.over(*start, watermark) && self.windows[start].iter().any(|entry| entry.new);
            }
            self.ended(*start, watermark)
        };
        if starts.iter().any(presses) {
            self.correct_at = None;
            self.show_new(Firing::Late, shown);
        }
        for start in starts {
            if !self.ended(start, self.watermark) && self.ended(start, watermark) {
                shown.push(self.show(start, Firing::OnTime, |_| true));
            }
            if self.over(start, watermark) {
                self.windows.remove(&start);
            }
        }
        self.watermark = self.watermark.max(watermark);
        self.tick(now, shown);
    }

    fn tick(&mut self, now: i64, shown: &mut Vec<Shown>) {
        if self.correct_at.take_if(|at| *at <= now).is_some() {
            self.show_new(Firing::Late, shown);
        }
        if self.preview_at.take_if(|at| *at <= now).is_some() {
            self.show_new(Firing::Early, shown);
        }
    }

    fn flush(&mut self, shown: &mut Vec<Shown>) {
        let starts: Vec<i64> = self.windows.keys().copied().collect();
        for start in starts {
            if !self.ended(start, self.watermark) {
                let result = self.show(start, Firing::OnTime, |_| true);
                shown.push(Shown { cut_short: true, ..result });
            } else if self.windows[&start].iter().any(|entry| entry.new) {
                shown.push(self.show(start, Firing::Late, |_| true));
            }
        }
        self.windows.clear();
    }

    fn open(&self) -> Option<Vec<Open>> {
        let open = self.windows.iter().map(|(start, entries)| {
            let fired = self.ended(*start, self.watermark);
            (*start, start + self.size, entries.len() as u64, fired)
        });
        // What was discarded is not there to be seen.
        (!self.rules.discarding).then(|| open.collect())
    }

    fn owed(&self) -> BTreeSet<u64> {
        let entries = self.windows.values().flatten();
        entries.filter(|entry| entry.owed).map(|entry| entry.tuple.id).collect()
    }
}

fn round(random: &mut Random) {
    let size = 1 + random.up_to(40);
    // Tumbling, sliding, or with gaps.
    let slide = match random.below(3) {
        0 => size,
        1 => 1 + random.up_to(size),
        _ => size + random.up_to(10),
    };
    let rules = rules(random, size, slide >= size);
    let offset = random.up_to(slide);
    let [by, length, every] = [offset, size, slide].map(|n| Duration::from_millis(n.unsigned_abs()));
    let spec = WindowSpec::sliding(length, every).unwrap().offset(by).unwrap();
    let model = Grid {
        size,
        slide,
        offset,
        rules,
        windows: BTreeMap::new(),
        watermark: i64::MIN,
        preview_at: None,
        correct_at: None,
    };
    run(random, &mut Race::new(GridWindows::new(spec.grid, rules), model));
}

#[test]
fn tumbling_and_sliding_windows_give_what_one_that_keeps_every_tuple_gives() {
    rounds(0x6772_6964, round);
}
