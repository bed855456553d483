//! The ledger together with real shares, against a model that knows every share that is open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore_testkit::Random;

use super::inbox::Notice;
use super::share_model::{Event, Shares};
use super::{Deadline, Inbox, Ledger, RetryPolicy, Sent};
use crate::base::{Backoff, Completion, Timestamp, Token, Work};
use crate::process::output::Cover;

/// What the model knows of one tuple.
#[derive(Debug, Clone, PartialEq)]
enum Fate {
    Sent,
    Waiting { due: Timestamp, attempt: u32 },
    Safe,
    Dead,
}

/// A sending: which tuples of which group.
struct Sending {
    group: usize,
    indices: BTreeSet<u32>,
    attempt: u32,
    failed: BTreeSet<u32>,
    done: bool,
    /// When its deadline began.
    since: Timestamp,
}

/// What a cover's token was answered with.
type Answers = Arc<Mutex<Vec<bool>>>;

struct Group {
    fates: Vec<Fate>,
    covers: Vec<(u32, u32, Answers)>,
}

struct World {
    random: Random,
    now: Timestamp,
    ledger: Ledger<usize>,
    inbox: Arc<Inbox>,
    shares: Shares,
    groups: Vec<Group>,
    sendings: BTreeMap<u64, Sending>,
    dead: usize,
    /// The deadline, and whether it ends when no work is left.
    deadline: Option<(Duration, bool)>,
    /// Sendings that took too long: answers to them say nothing.
    expired: BTreeSet<u64>,
}

const RETRY: RetryPolicy =
    RetryPolicy { max_attempts: 3, backoff: Backoff::new(Duration::from_millis(10), Duration::from_secs(1)) };

impl World {
    fn new(seed: u64) -> Self {
        let deadline =
            [None, Some((Duration::from_millis(200), true)), Some((Duration::from_millis(200), false))];
        let deadline = deadline[usize::try_from(seed % 3).unwrap()];
        let policy =
            deadline.map(
                |(time, done)| {
                    if done { Deadline::done_within(time) } else { Deadline::settled_within(time) }
                },
            );
        Self {
            random: Random::new(seed),
            now: Timestamp::from_millis(1_000),
            ledger: Ledger::new(RETRY, policy, "numbers"),
            deadline,
            expired: BTreeSet::new(),
            inbox: Arc::default(),
            shares: Shares::default(),
            groups: Vec::new(),
            sendings: BTreeMap::new(),
            dead: 0,
        }
    }

    fn open(&mut self) {
        let len = u32::try_from(1 + self.random.below(70)).unwrap();
        let (mut start, mut covers, mut told) = (0, Vec::new(), Vec::new());
        while start < len {
            let end = (start + 1 + u32::try_from(self.random.below(30)).unwrap()).min(len);
            if self.random.percent(80) {
                let answers = Arc::new(Mutex::new(Vec::new()));
                let tell = Arc::clone(&answers);
                let token = Token::new(move |outcome| tell.lock().unwrap().push(outcome.is_ok()));
                covers.push(Cover { start, end, token });
                told.push((start, end, answers));
            }
            start = end;
        }
        let group = self.groups.len();
        self.groups.push(Group { fates: vec![Fate::Sent; len as usize], covers: told });
        let (at, now) = (Duration::ZERO, self.now);
        let sent = Sent { len, indices: None, covers, at, now, is_letter: false, hold: None };
        let id = self.ledger.open(group, sent).unwrap();
        self.send(id, group, (0..len).collect(), 1);
    }

    fn send(&mut self, id: u64, group: usize, indices: BTreeSet<u32>, attempt: u32) {
        let work = Work::root(Arc::clone(&self.inbox) as Arc<dyn Completion>, id);
        self.shares.add_root(id, work, indices.iter().copied().collect());
        let sending =
            Sending { group, indices, attempt, failed: BTreeSet::new(), done: false, since: self.now };
        assert!(self.sendings.insert(id, sending).is_none(), "root {id} was used before");
    }

    /// More time for some sending.
    fn keep_alive(&mut self) {
        let ids: Vec<_> = self.sendings.keys().copied().collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[self.random.index(ids.len())];
        self.ledger.keep_alive(id, self.now);
        let now = self.now;
        self.sendings.entry(id).and_modify(|sending| sending.since = now);
    }

    fn expire(&mut self) {
        let before = self.dead;
        let mut dead = Vec::new();
        while let Some(more) = self.ledger.expire(self.now) {
            dead.extend(more);
        }
        let ids: Vec<_> = self.sendings.keys().copied().collect();
        for id in ids {
            let sending = &self.sendings[&id];
            let age = self.now.since(sending.since);
            let watched = self.deadline.filter(|(_, until_done)| !(*until_done && sending.done));
            let late = watched.is_some_and(|(time, _)| age >= time + time / 20);
            assert!(!(late && self.ledger.is_open(id)), "too late by far");
            if !self.ledger.is_open(id) {
                assert!(watched.is_some_and(|(time, _)| age >= time), "expired after {age:?}");
                self.fail_late(id);
            }
        }
        assert_eq!(dead.len(), self.dead - before);
        for dead in dead {
            self.ledger.give_up(dead.is_letter, dead.cover);
        }
        self.ledger.acknowledge();
    }

    fn fail_late(&mut self, id: u64) {
        let Some(sending) = self.sendings.remove(&id) else { return };
        self.expired.insert(id);
        for index in sending.indices.difference(&sending.failed) {
            self.groups[sending.group].fates[*index as usize] = if sending.attempt == RETRY.max_attempts {
                self.dead += 1;
                Fate::Dead
            } else {
                let due = self.now + RETRY.backoff.delay(sending.attempt - 1);
                Fate::Waiting { due, attempt: sending.attempt + 1 }
            };
        }
    }

    fn replay(&mut self) {
        self.now = self.now + Duration::from_millis(self.random.below(60));
        self.expire();
        while let Some((id, group, indices)) = self.ledger.take_replay(self.now) {
            let mut attempts = BTreeSet::new();
            for &index in &indices {
                let fate = &mut self.groups[group].fates[index as usize];
                let Fate::Waiting { due, attempt } = *fate else {
                    panic!("replays a tuple that is {fate:?}")
                };
                assert!(due <= self.now, "replayed before its delay was over");
                attempts.insert(attempt);
                *fate = Fate::Sent;
            }
            assert_eq!(attempts.len(), 1);
            self.send(id, group, indices.into_iter().collect(), *attempts.first().unwrap());
        }
        let late = |fate: &Fate| matches!(fate, Fate::Waiting { due, .. } if *due <= self.now);
        assert!(!self.groups.iter().any(|group| group.fates.iter().any(late)), "a replay was forgotten");
    }

    /// Reads the inbox: it must say what the model expects, no more and no less.
    fn check(&mut self) {
        let mut notices = Vec::new();
        self.inbox.drain_into(&mut notices);
        let expected = self.shares.take_events();
        assert_eq!(notices.len(), expected.len(), "notices for {expected:?}");
        for (notice, event) in notices.into_iter().zip(expected) {
            let (id, failures, settled) = match notice {
                Notice::Done(id, failures) => (id, failures, false),
                Notice::Settled(id, failures) => (id, failures, true),
            };
            let kinds = failures.iter().map(|failure| (failure.index, failure.error.retries())).collect();
            assert_eq!(Event { root: id, settled, failures: kinds }, event);
            let before = self.dead;
            self.expect(&event);
            let dead = if settled {
                self.ledger.settled(id, failures, self.now)
            } else {
                self.ledger.done(id, failures, self.now)
            };
            assert_eq!(dead.len(), self.dead - before);
            for dead in dead {
                assert!(!dead.error.retries() || dead.attempts == RETRY.max_attempts, "given up too early");
                assert_eq!(self.groups[dead.payload].fates[dead.index as usize], Fate::Dead);
                self.ledger.give_up(dead.is_letter, dead.cover);
            }
            self.ledger.acknowledge();
        }
        self.compare();
    }

    /// What the ledger has to decide about a notice.
    fn expect(&mut self, event: &Event) {
        if self.expired.contains(&event.root) {
            return;
        }
        let sending = self.sendings.get_mut(&event.root).expect("a root that was sent");
        let fates = &mut self.groups[sending.group].fates;
        let failed: BTreeSet<u32> = event.failures.iter().map(|(index, _)| *index).collect();
        for index in failed.difference(&sending.failed.clone()) {
            sending.failed.insert(*index);
            let rejected = event.failures.contains(&(*index, false));
            fates[*index as usize] = if rejected || sending.attempt == RETRY.max_attempts {
                self.dead += 1;
                Fate::Dead
            } else {
                let due = self.now + RETRY.backoff.delay(sending.attempt - 1);
                Fate::Waiting { due, attempt: sending.attempt + 1 }
            };
        }
        sending.done = true;
        if event.settled {
            for index in sending.indices.difference(&sending.failed) {
                fates[*index as usize] = Fate::Safe;
            }
            self.sendings.remove(&event.root);
        }
    }

    fn compare(&self) {
        let under_way: usize =
            self.sendings.values().filter(|root| !root.done).map(|root| root.indices.len()).sum();
        let fates = || self.groups.iter().flat_map(|group| &group.fates);
        let waiting = fates().filter(|fate| matches!(fate, Fate::Waiting { .. })).count();
        assert_eq!(self.ledger.pending(), under_way + waiting, "under way, and waiting for a replay");
        let open = fates().filter(|fate| !matches!(fate, Fate::Safe | Fate::Dead)).count();
        assert_eq!(self.ledger.unsettled(), open);
        assert_eq!(self.ledger.is_answered(), self.sendings.is_empty());
        for group in &self.groups {
            for (start, end, told) in &group.covers {
                let fates = &group.fates[*start as usize..*end as usize];
                let safe = fates.iter().all(|fate| matches!(fate, Fate::Safe | Fate::Dead));
                let answers = told.lock().unwrap();
                assert_eq!(*answers, if safe { vec![true] } else { vec![] }, "cover {start}..{end}");
            }
        }
    }

    fn finish(&mut self) {
        while !(self.shares.is_empty() && self.ledger.unsettled() == 0) {
            self.shares.step(&mut self.random, true);
            self.check();
            self.replay();
        }
        assert_eq!(self.ledger.pending(), 0);
        let tally = self.ledger.take_tally();
        let tuples: usize = self.groups.iter().map(|group| group.fates.len()).sum();
        assert_eq!(tally.settled + tally.dead, tuples as u64, "each tuple is safe or given up, once");
        assert_eq!(tally.dead, self.dead as u64);
        assert_eq!(tally.failed, tally.replayed + tally.dead);
    }
}

#[test]
fn no_root_is_acknowledged_early_and_none_is_forgotten() {
    for seed in 0..3_000 {
        let run = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            for _ in 0..world.random.below(200) {
                match world.random.below(10) {
                    0 if world.groups.len() < 8 => world.open(),
                    1 => world.replay(),
                    2 => world.keep_alive(),
                    _ => world.shares.step(&mut world.random, false),
                }
                world.check();
            }
            world.finish();
        });
        assert!(run.is_ok(), "failed with seed {seed}");
    }
}

#[test]
fn covers_fail_when_the_ledger_is_given_up() {
    let mut world = World::new(1);
    world.open();
    let told = std::mem::take(&mut world.groups[0].covers);
    drop(world);
    assert!(!told.is_empty());
    for (_, _, answers) in told {
        assert_eq!(*answers.lock().unwrap(), [false]);
    }
}
