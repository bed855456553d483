use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Model, Open, Race, Random, Rules, Shown, Tuple, rounds, rules, run};
use crate::process::window::event_time::Firing;
use crate::process::window::event_time::session_windows::SessionWindows;

#[derive(Debug, Clone, Copy)]
struct Entry {
    tuple: Tuple,
    new: bool,
    gone: bool,
    owed: bool,
}

/// All tuples of all sessions that are not over. What the sessions are is found anew each time.
struct Sessions {
    gap: i64,
    rules: Rules,
    entries: Vec<Entry>,
    watermark: i64,
    preview_at: Option<i64>,
    correct_at: Option<i64>,
}

/// Its first and its last timestamp, and its tuples as indices.
type Session = (i64, i64, Vec<usize>);

impl Sessions {
    fn sessions(&self) -> Vec<Session> {
        let mut by_key: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            by_key.entry(entry.tuple.key).or_default().push(index);
        }
        let mut all: Vec<Session> = Vec::new();
        for mut indices in by_key.into_values() {
            indices.sort_by_key(|index| (self.entries[*index].tuple.at, *index));
            let from = all.len();
            for index in indices {
                let at = self.entries[index].tuple.at;
                match all[from..].last_mut() {
                    Some((_, last, members)) if at - *last < self.gap => {
                        *last = at;
                        members.push(index);
                    }
                    _ => all.push((at, at, vec![index])),
                }
            }
        }
        all
    }

    fn new_in(&self, session: &Session) -> u64 {
        session.2.iter().filter(|index| self.entries[**index].new).count() as u64
    }

    fn show(&mut self, (start, last, members): &Session, firing: Firing) -> Shown {
        let (mut ids, mut answers, mut key) = (Vec::new(), BTreeSet::new(), 0);
        for index in members {
            let entry = &mut self.entries[*index];
            key = entry.tuple.key;
            if !entry.gone {
                ids.push(entry.tuple.id);
            }
            entry.new = false;
            entry.gone = self.rules.discarding;
            if firing != Firing::Early || self.rules.discarding {
                answers.extend(entry.owed.then_some(entry.tuple.id));
                entry.owed = false;
            }
        }
        let end = last + self.gap;
        let contents = BTreeMap::from([(key, ids)]);
        Shown { start: *start, end, firing, cut_short: false, timestamp: end - 1, contents, answers }
    }

    fn ended(&self, session: &Session, watermark: i64) -> bool {
        session.1 + self.gap <= watermark
    }

    fn over(&self, session: &Session, watermark: i64) -> bool {
        session.1 + self.gap + self.rules.lateness <= watermark
    }

    fn show_new(&mut self, firing: Firing, shown: &mut Vec<Shown>) {
        for session in self.sessions() {
            let fits = self.ended(&session, self.watermark) == (firing == Firing::Late);
            if fits && self.new_in(&session) > 0 {
                shown.push(self.show(&session, firing));
            }
        }
    }

    /// Shows what the watermark, which was at `before`, has come to.
    fn show_ended(&mut self, before: i64, watermark: i64, shown: &mut Vec<Shown>) {
        let mut over = BTreeSet::new();
        for session in self.sessions() {
            let (new, ended) = (self.new_in(&session), self.ended(&session, before));
            if ended && self.over(&session, watermark) && new > 0 {
                shown.push(self.show(&session, Firing::Late));
            } else if !ended && self.ended(&session, watermark) && (new > 0 || !self.rules.discarding) {
                shown.push(self.show(&session, Firing::OnTime));
            }
            if self.over(&session, watermark) {
                over.extend(session.2.iter().map(|index| self.entries[*index].tuple.id));
            }
        }
        self.entries.retain(|entry| !over.contains(&entry.tuple.id));
    }
}

impl Model for Sessions {
    fn add(&mut self, tuple: Tuple, now: i64, shown: &mut Vec<Shown>) -> Option<bool> {
        let gap = self.gap;
        let near = |entry: &Entry| entry.tuple.key == tuple.key && (entry.tuple.at - tuple.at).abs() < gap;
        if !self.entries.iter().any(near) && tuple.at + gap + self.rules.lateness <= self.watermark {
            return None;
        }
        self.entries.push(Entry { tuple, new: true, gone: false, owed: true });
        let index = self.entries.len() - 1;
        let session = self.sessions().into_iter().find(|session| session.2.contains(&index)).unwrap();
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap();
        if self.ended(&session, self.watermark) {
            if self.rules.late_every.is_zero() {
                shown.push(self.show(&session, Firing::Late));
            } else {
                self.correct_at.get_or_insert(now + millis(self.rules.late_every));
            }
        } else {
            if let Some(every) = self.rules.early_every {
                self.preview_at.get_or_insert(now + millis(every));
            }
            let new = self.new_in(&session);
            if self.rules.early_tuples.is_some_and(|tuples| new >= tuples) {
                shown.push(self.show(&session, Firing::Early));
            }
        }
        Some(true)
    }

    fn advance(&mut self, watermark: i64, now: i64, shown: &mut Vec<Shown>) {
        let watermark = watermark.max(self.watermark);
        self.show_ended(self.watermark, watermark, shown);
        self.watermark = watermark;
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
        let from = shown.len();
        self.show_ended(self.watermark, i64::MAX, shown);
        for result in &mut shown[from..] {
            result.cut_short = result.firing == Firing::OnTime;
        }
    }

    fn open(&self) -> Option<Vec<Open>> {
        let open = self.sessions().into_iter().map(|session| {
            let fired = self.ended(&session, self.watermark);
            (session.0, session.1 + self.gap, session.2.len() as u64, fired)
        });
        Some(open.collect())
    }

    fn owed(&self) -> BTreeSet<u64> {
        self.entries.iter().filter(|entry| entry.owed).map(|entry| entry.tuple.id).collect()
    }
}

fn round(random: &mut Random) {
    let gap = 1 + random.up_to(20);
    let rules = rules(random, gap, true);
    let model =
        Sessions { gap, rules, entries: Vec::new(), watermark: i64::MIN, preview_at: None, correct_at: None };
    run(random, &mut Race::new(SessionWindows::new(gap, rules), model));
}

#[test]
fn sessions_give_what_one_that_keeps_every_tuple_gives() {
    rounds(0x7365_7373, round);
}
