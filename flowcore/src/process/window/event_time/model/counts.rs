use std::collections::{BTreeMap, BTreeSet};

use super::{Model, Open, Race, Random, Rules, Shown, Tuple, rounds, run};
use crate::process::window::WindowSpec;
use crate::process::window::event_time::Firing;
use crate::process::window::event_time::counted_windows::CountedWindows;

struct Counts {
    size: usize,
    slide: usize,
    waiting: Vec<Tuple>,
    /// All tuples of a key that were counted, in order.
    counted: BTreeMap<u8, Vec<Tuple>>,
    watermark: i64,
}

impl Counts {
    fn show(&self, key: u8, end: usize) -> Option<Shown> {
        let counted = self.counted.get(&key)?;
        let start = end.saturating_sub(self.size);
        let tuples = counted.get(start..end.min(counted.len())).filter(|tuples| !tuples.is_empty())?;
        let ids: Vec<u64> = tuples.iter().map(|tuple| tuple.id).collect();
        let number = |n: usize| i64::try_from(n).unwrap();
        Some(Shown {
            start: number(start),
            end: number(end),
            firing: Firing::OnTime,
            cut_short: false,
            timestamp: tuples.iter().map(|tuple| tuple.at).max()?,
            contents: BTreeMap::from([(key, ids.clone())]),
            answers: ids.into_iter().collect(),
        })
    }

    fn count_until(&mut self, until: i64, shown: &mut Vec<Shown>) {
        let mut passed: Vec<_> = self.waiting.extract_if(.., |tuple| tuple.at < until).collect();
        passed.sort_by_key(|tuple| (tuple.at, tuple.id));
        for tuple in passed {
            let counted = self.counted.entry(tuple.key).or_default();
            counted.push(tuple);
            let len = counted.len();
            if len.is_multiple_of(self.slide) {
                shown.extend(self.show(tuple.key, len));
            }
        }
    }

    /// The ends of the windows that hold the tuple with an ordinal.
    fn ends(&self, ordinal: usize) -> impl Iterator<Item = usize> {
        let (size, slide) = (self.size, self.slide);
        (1..)
            .map(move |n| n * slide)
            .skip_while(move |end| *end <= ordinal)
            .take_while(move |end| *end <= ordinal + size)
    }
}

impl Model for Counts {
    fn add(&mut self, tuple: Tuple, _now: i64, _shown: &mut Vec<Shown>) -> Option<bool> {
        if tuple.at < self.watermark {
            return None;
        }
        self.waiting.push(tuple);
        Some(true)
    }

    fn advance(&mut self, watermark: i64, _now: i64, shown: &mut Vec<Shown>) {
        self.watermark = watermark;
        self.count_until(watermark, shown);
    }

    fn tick(&mut self, _now: i64, _shown: &mut Vec<Shown>) {}

    fn flush(&mut self, shown: &mut Vec<Shown>) {
        let from = shown.len();
        self.count_until(i64::MAX, shown);
        for (&key, counted) in &self.counted {
            let ends = (1..).map(|n| n * self.slide).skip_while(|end| *end <= counted.len());
            let ends = ends.take_while(|end| end.saturating_sub(self.size) < counted.len());
            shown.extend(ends.filter_map(|end| self.show(key, end)));
        }
        self.counted.clear();
        shown[from..].iter_mut().for_each(|shown| shown.cut_short = true);
    }

    fn open(&self) -> Option<Vec<Open>> {
        None
    }

    fn owed(&self) -> BTreeSet<u64> {
        let mut owed: BTreeSet<u64> = self.waiting.iter().map(|tuple| tuple.id).collect();
        for counted in self.counted.values() {
            for (ordinal, tuple) in counted.iter().enumerate() {
                owed.extend(self.ends(ordinal).any(|end| end > counted.len()).then_some(tuple.id));
            }
        }
        owed
    }
}

fn round(random: &mut Random) {
    let (size, slide) = (1 + random.below(8), 1 + random.below(8));
    let spec = WindowSpec::sliding_count(size, slide).unwrap();
    let model = Counts {
        size: usize::try_from(size).unwrap(),
        slide: usize::try_from(slide).unwrap(),
        waiting: Vec::new(),
        counted: BTreeMap::new(),
        watermark: i64::MIN,
    };
    run(random, &mut Race::new(CountedWindows::new(spec, Rules::default()), model));
}

#[test]
fn count_windows_give_what_one_that_keeps_every_tuple_gives() {
    rounds(0x636F_756E, round);
}
