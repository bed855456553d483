//! Windows against naive models that keep every tuple.

mod counts;
mod grid;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::in_order::InOrder;
use super::rules::Rules;
use super::{Admission, Arrival, Core, Fired, Firing};
use crate::base::{DeliveryError, LossKind, Timestamp, Token, TokenSet};
use crate::process::observe::{OpenWindow, OpenWindows, WindowBounds};
use crate::process::window::WindowAxis;

/// What a window shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    start: i64,
    end: i64,
    firing: Firing,
    cut_short: bool,
    timestamp: i64,
    /// By key: tuples in order.
    contents: BTreeMap<u8, Vec<u64>>,
    /// The tuples it answers for.
    answers: BTreeSet<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tuple {
    id: u64,
    key: u8,
    at: i64,
}

/// Bounds, tuples, and whether the result was given.
type Open = (i64, i64, u64, bool);

/// The slow way. It keeps every tuple.
trait Model {
    /// `None`: late. `Some(false)`: in no window.
    fn add(&mut self, tuple: Tuple, now: i64, shown: &mut Vec<Shown>) -> Option<bool>;
    fn advance(&mut self, watermark: i64, now: i64, shown: &mut Vec<Shown>);
    fn tick(&mut self, now: i64, shown: &mut Vec<Shown>);
    fn flush(&mut self, shown: &mut Vec<Shown>);
    /// The windows that a report names, where that is simple to say.
    fn open(&self) -> Option<Vec<Open>>;
    /// Tuples for which a result is still owed.
    fn owed(&self) -> BTreeSet<u64>;
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn up_to(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(most.unsigned_abs() + 1)).unwrap()
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// Rules for windows of about `size`.
fn rules(random: &mut Random, size: i64, discards: bool) -> Rules {
    let millis = |random: &mut Random, most| std::time::Duration::from_millis(random.below(most));
    Rules {
        lateness: if random.one_in(2) { 0 } else { random.up_to(size * 3) },
        early_every: random.one_in(3).then(|| millis(random, 20)),
        early_tuples: random.one_in(3).then(|| 1 + random.below(4)),
        late_every: if random.one_in(2) { <_>::default() } else { millis(random, 20) },
        discarding: discards && random.one_in(2),
        ..Rules::default()
    }
}

/// Windows, their model, and what was said about each tuple.
struct Race<W, M> {
    windows: W,
    model: M,
    told: Arc<Mutex<Vec<(u64, bool)>>>,
    /// Results that nobody has answered.
    given: Vec<(TokenSet, BTreeSet<u64>)>,
    /// Results that each tuple waits for, and whether all that were answered are safe.
    waiting: BTreeMap<u64, (usize, bool)>,
    expected: BTreeSet<(u64, bool)>,
}

impl<W, M> Race<W, M>
where
    W: Core<u8, InOrder<u64>>,
    W::Bound: Bound,
    M: Model,
{
    fn new(windows: W, model: M) -> Self {
        Self {
            windows,
            model,
            told: Arc::default(),
            given: Vec::new(),
            waiting: BTreeMap::new(),
            expected: BTreeSet::new(),
        }
    }

    fn add(&mut self, tuple: Tuple, now: i64) {
        let told = Arc::clone(&self.told);
        let mut token =
            Some(Token::new(move |outcome| told.lock().unwrap().push((tuple.id, outcome.is_ok()))));
        let arrival = Arrival { key: tuple.key, at: tuple.at, now: Timestamp::from_millis(now) };
        let keep = |set: &mut TokenSet| set.insert(token.take().unwrap());
        let admission =
            self.windows.add(arrival, keep, |list| list.push(Timestamp::from_millis(tuple.at), tuple.id));
        let mut shown = Vec::new();
        let expected = self.model.add(tuple, now, &mut shown);
        match expected {
            Some(true) => assert!(matches!(admission, Admission::Kept | Admission::Fires), "{admission:?}"),
            Some(false) => assert_eq!(admission, Admission::Between),
            None => assert_eq!(admission, Admission::Late),
        }
        if let Some(token) = token {
            assert_ne!(expected, Some(true), "the token of a tuple in a window is kept");
            token.ack();
            self.expected.insert((tuple.id, true));
        } else {
            self.waiting.insert(tuple.id, (0, true));
        }
        if admission == Admission::Fires {
            // Whoever is asked for what is due because of a tuple gives what is due by the clock as well.
            self.model.tick(now, &mut shown);
            self.compare(now, shown);
        } else {
            assert_eq!(shown, [], "nobody asks for it");
        }
    }

    /// Tuples that are looked for before they are added.
    fn add_few(&mut self, tuples: &[Tuple], now: i64, random: &mut Random) {
        // Some may be after what is looked for, and their roots are some way from each other.
        let until = if random.one_in(4) { now } else { i64::MAX };
        let step = 1 + u32::try_from(random.below(40)).unwrap();
        let soon = (0..).step_by(step as usize).zip(tuples);
        let soon = soon.map(|(root, tuple)| (tuple.key, Timestamp::from_millis(tuple.at), root));
        let mut few = Vec::new();
        if self.windows.finds() {
            self.windows.find_few(&mut few, soon, until);
        }
        let mut next = tuples.iter();
        self.windows.add_few(&few, |list, timestamp| list.push(timestamp, next.next().unwrap().id));
        let (added, left) = tuples.split_at(tuples.len() - next.len());
        assert!(added.iter().all(|tuple| tuple.at <= until));
        self.windows.keep_few(&few[..added.len()], |tokens, word, bits| {
            for root in (word * 64..).take(64).filter(|root| bits & (1 << (root % 64)) != 0) {
                let (id, told) = (added[(root / step) as usize].id, Arc::clone(&self.told));
                tokens.insert(Token::new(move |outcome| told.lock().unwrap().push((id, outcome.is_ok()))));
            }
        });
        let mut shown = Vec::new();
        for tuple in added {
            assert_eq!(self.model.add(*tuple, now, &mut shown), Some(true));
            assert_eq!(shown, [], "nobody asks for it");
            self.waiting.insert(tuple.id, (0, true));
        }
        for tuple in left {
            self.add(*tuple, now);
        }
    }

    fn advance(&mut self, watermark: i64, now: i64) {
        let mut shown = Vec::new();
        self.windows.advance(Timestamp::from_millis(watermark));
        self.model.advance(watermark, now, &mut shown);
        self.compare(now, shown);
    }

    fn tick(&mut self, now: i64) {
        let mut shown = Vec::new();
        self.model.tick(now, &mut shown);
        let wakes = self.windows.wake_at().is_some_and(|at| at <= Timestamp::from_millis(now));
        assert!(wakes || shown.is_empty(), "it has to wake for {shown:?}");
        self.compare(now, shown);
    }

    fn flush(&mut self) {
        let mut shown = Vec::new();
        self.model.flush(&mut shown);
        let fired: Vec<_> = std::iter::from_fn(|| self.windows.flush()).collect();
        self.check(fired, shown);
    }

    fn compare(&mut self, now: i64, shown: Vec<Shown>) {
        let fired: Vec<_> = std::iter::from_fn(|| self.windows.next(Timestamp::from_millis(now))).collect();
        self.check(fired, shown);
    }

    fn check(&mut self, fired: Vec<Fired<u8, InOrder<u64>, W::Bound>>, mut shown: Vec<Shown>) {
        let mut fired: Vec<_> = fired.into_iter().map(seen).collect();
        fired.sort_by(|(a, _), (b, _)| a.cmp(b));
        shown.sort();
        let answers: Vec<_> = shown.iter_mut().map(|shown| std::mem::take(&mut shown.answers)).collect();
        let (got, tokens): (Vec<_>, Vec<_>) = fired.into_iter().unzip();
        assert_eq!(got, shown);
        for id in answers.iter().flatten() {
            self.waiting.get_mut(id).unwrap().0 += 1;
        }
        self.given.extend(tokens.into_iter().zip(answers));
    }

    /// Answers some results, in any order, and looks at what was told.
    fn answer(&mut self, random: &mut Random, most: usize) {
        for _ in 0..most.min(self.given.len()) {
            let at = usize::try_from(random.below(self.given.len() as u64)).unwrap();
            let (tokens, answers) = self.given.swap_remove(at);
            let safe = !random.one_in(8);
            for id in answers {
                let (waits, all_safe) = self.waiting.get_mut(&id).unwrap();
                *waits -= 1;
                *all_safe &= safe;
            }
            if safe {
                tokens.ack();
            } else {
                tokens.fail(&DeliveryError::new("store", LossKind::Failed));
            }
        }
        self.look_at_answers();
    }

    /// What is told about open windows, all of them or the first.
    fn look_at_report(&self, random: &mut Random) {
        let Some(mut expected) = self.model.open() else { return };
        expected.sort_unstable();
        let most = if random.one_in(2) { 1_000 } else { usize::try_from(random.below(4)).unwrap() };
        let mut windows = OpenWindows::at_most(most);
        self.windows.report(&mut windows);
        let mut told: Vec<Open> = windows.iter().map(told).collect();
        told.sort_unstable();
        assert_eq!(told.len() as u64 + windows.left_out(), expected.len() as u64);
        assert!(told.iter().all(|window| expected.contains(window)), "{told:?} of {expected:?}");
        assert_eq!(told.len(), most.min(expected.len()));
    }

    /// A tuple is answered as soon as no result is owed for it and all that were given are answered.
    fn look_at_answers(&mut self) {
        let owed = self.model.owed();
        self.waiting.retain(|id, (waits, safe)| {
            let open = owed.contains(id) || *waits > 0;
            if !open {
                self.expected.insert((*id, *safe));
            }
            open
        });
        let told = self.told.lock().unwrap();
        assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), self.expected);
        assert_eq!(told.len(), self.expected.len(), "each is told once");
    }
}

fn told(window: &OpenWindow) -> Open {
    let WindowBounds::Time { start, end } = window.bounds else { panic!("{window:?}") };
    (start.as_millis(), end.as_millis(), window.tuples, window.fired)
}

trait Bound: WindowAxis + Copy {
    fn number(self) -> i64;
}

impl Bound for Timestamp {
    fn number(self) -> i64 {
        self.as_millis()
    }
}

impl Bound for u64 {
    fn number(self) -> i64 {
        i64::try_from(self).unwrap()
    }
}

fn seen<B: Bound>(mut fired: Fired<u8, InOrder<u64>, B>) -> (Shown, TokenSet) {
    let shown = Shown {
        start: fired.window.start.number(),
        end: fired.window.end.number(),
        firing: fired.firing,
        cut_short: fired.window.cut_short,
        timestamp: fired.timestamp.as_millis(),
        contents: fired.contents.drain().map(|(key, list)| (key, list.into_vec())).collect(),
        answers: BTreeSet::new(),
    };
    (shown, fired.tokens)
}

const TUPLES: u64 = 80;

/// Tuples that come roughly in order, watermarks that lag behind, ticks, answers, and an end.
fn run<W, M>(random: &mut Random, race: &mut Race<W, M>)
where
    W: Core<u8, InOrder<u64>>,
    W::Bound: Bound,
    M: Model,
{
    let disorder = 1 + random.up_to(60);
    let lag = random.up_to(60);
    let keys = 1 + random.below(4);
    let (mut now, mut front, mut watermark) = (0, random.up_to(400) - 200, i64::MIN);
    let mut few = Vec::new();
    for id in 0..TUPLES {
        front += if random.one_in(40) { random.up_to(300) } else { random.up_to(6) };
        now += random.up_to(4);
        let key = u8::try_from(random.below(keys)).unwrap();
        few.push(Tuple { id, key, at: front - random.up_to(disorder) });
        if random.one_in(2) && id + 1 < TUPLES {
            continue;
        }
        if let [one] = few[..] {
            race.add(one, now);
        } else {
            race.add_few(&few, now, random);
        }
        few.clear();
        if random.one_in(3) {
            watermark = watermark.max(front - lag);
            race.advance(watermark, now);
        }
        if random.one_in(2) {
            race.tick(now);
        }
        race.answer(random, 2);
        race.look_at_report(random);
    }
    if random.one_in(2) {
        race.advance(i64::MAX, now);
    }
    race.flush();
    race.answer(random, usize::MAX);
    assert_eq!(race.expected.len() as u64, TUPLES, "every tuple is answered in the end");
}

/// Thousands of schedules.
fn rounds(first: u64, round: impl Fn(&mut Random)) {
    println!("seeds from {first}");
    for seed in first..first + 800 {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| round(&mut Random(seed))));
        assert!(outcome.is_ok(), "seed {seed}");
    }
}
