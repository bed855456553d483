use std::collections::{BTreeMap, HashMap, HashSet};

use std::time::Duration;

use super::RetryPolicy;
use super::deadlines::{Deadline, Deadlines};
use super::holds::{Hold, Holds};
use crate::base::{DeliveryError, Failure, LossKind, Timestamp, Token};
use crate::process::output::Cover;

/// What a spout's task knows about the tuples that it has emitted: which are under way, which failed and are
/// to be sent again, which are safe. Pure: it is told what happened and answers what to do.
///
/// A *root batch* is what was sent together. Its tuples settle together, except those that failed: they go
/// again, alone, as a root batch of their own that belongs to the same *group*.
pub(crate) struct Ledger<P> {
    roots: HashMap<u64, RootBatch>,
    groups: HashMap<u64, Group<P>>,
    due: BTreeMap<(Timestamp, u64), Replay>,
    /// Of root batches that are not done, and of what waits to be sent again.
    holds: Holds,
    /// Covers whose tuples are all safe or given up.
    safe: Vec<Token>,
    next: u64,
    pending: usize,
    retry: RetryPolicy,
    deadlines: Deadlines,
    /// What a tuple fails with that has taken too long.
    too_late: DeliveryError,
    tally: LedgerTally,
    /// When tuples that are settled were opened, and how many. Taken with the tally.
    ages: Vec<(Duration, u64)>,
}

/// What has been decided since it was last asked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LedgerTally {
    pub(crate) settled: u64,
    pub(crate) failed: u64,
    pub(crate) replayed: u64,
    pub(crate) dead: u64,
    /// Of these, dead letters that nobody took.
    pub(crate) lost: u64,
}

/// One sending of some tuples of a group.
struct RootBatch {
    group: u64,
    /// `None` for all tuples of the group.
    indices: Option<Vec<u32>>,
    attempt: u32,
    /// Failed ones that are already dealt with.
    failed: HashSet<u32>,
    done: bool,
    hold: Option<Hold>,
}

/// The tuples that were emitted together, until the last of them is settled.
struct Group<P> {
    payload: P,
    unsettled: usize,
    covers: Vec<OpenCover>,
    len: u32,
    opened: Duration,
    is_letter: bool,
    hold: Option<Hold>,
}

struct OpenCover {
    cover: Cover,
    unsettled: u32,
}

impl OpenCover {
    /// Of the tuples that it covers, those in `tracked` are waited for; all if that is `None`. One that has
    /// nothing to wait for is acknowledged at once.
    fn new(cover: Cover, tracked: Option<&[u32]>) -> Option<Self> {
        let before =
            |index| tracked.map_or(index as usize, |tracked| tracked.partition_point(|&i| i < index));
        let unsettled = u32::try_from(before(cover.end) - before(cover.start)).unwrap_or(u32::MAX);
        if unsettled == 0 {
            cover.token.ack();
            return None;
        }
        Some(Self { cover, unsettled })
    }
}

/// Tuples that leave together for the first time.
pub(crate) struct Sent {
    pub(crate) len: u32,
    /// Those that somebody waits for, in ascending order; `None` for all.
    pub(crate) indices: Option<Vec<u32>>,
    /// The tokens that answer for parts of them.
    pub(crate) covers: Vec<Cover>,
    /// When, on some watch.
    pub(crate) at: Duration,
    /// The time, if there are deadlines.
    pub(crate) now: Timestamp,
    /// They are dead letters: each stands for a tuple that failed before.
    pub(crate) is_letter: bool,
    /// Their earliest timestamp, if there are any that are not late.
    pub(crate) hold: Option<Hold>,
}

/// Tuples to be sent again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replay {
    pub(crate) group: u64,
    pub(crate) indices: Vec<u32>,
    pub(crate) attempt: u32,
}

/// A tuple that is given up.
#[derive(Debug)]
pub(crate) struct Dead<P> {
    pub(crate) payload: P,
    pub(crate) index: u32,
    pub(crate) attempts: u32,
    pub(crate) error: DeliveryError,
    /// A share of the token that answers for it.
    pub(crate) cover: Token,
    pub(crate) is_letter: bool,
}

impl<P: Clone> Ledger<P> {
    /// `spout` is named by what fails because it takes too long.
    pub(crate) fn new(retry: RetryPolicy, deadline: Option<Deadline>, spout: &str) -> Self {
        Self {
            roots: HashMap::new(),
            groups: HashMap::new(),
            due: BTreeMap::new(),
            holds: Holds::default(),
            safe: Vec::new(),
            next: 0,
            pending: 0,
            retry,
            deadlines: Deadlines::new(deadline),
            too_late: DeliveryError::new(format!("what comes of {spout}"), LossKind::TimedOut),
            tally: LedgerTally::default(),
            ages: Vec::new(),
        }
    }

    /// Tuples under way: sent and not done, or waiting to be sent again. What somebody keeps is not.
    pub(crate) fn pending(&self) -> usize {
        self.pending
    }

    /// Whether every root batch that was sent has been answered. What waits to be sent again may be left.
    pub(crate) fn is_answered(&self) -> bool {
        self.roots.is_empty()
    }

    /// Tuples that are not settled.
    pub(crate) fn unsettled(&self) -> usize {
        self.groups.values().map(|group| group.unsettled).sum()
    }

    pub(crate) fn take_tally(&mut self) -> LedgerTally {
        std::mem::take(&mut self.tally)
    }

    /// When tuples that were settled since the last call were opened, and how many.
    pub(crate) fn take_ages(&mut self) -> std::vec::Drain<'_, (Duration, u64)> {
        self.ages.drain(..)
    }

    /// Tuples are about to be sent. `None` when nobody waits for any of them.
    pub(crate) fn open(&mut self, payload: P, sent: Sent) -> Option<u64> {
        let id = self.next_id();
        let Sent { len, indices, covers, at, now, is_letter, hold } = sent;
        let tracked = indices.as_ref().map_or(len as usize, Vec::len);
        let covers = covers.into_iter().filter_map(|cover| OpenCover::new(cover, indices.as_deref()));
        let covers = covers.collect();
        if tracked == 0 {
            return None;
        }
        let group = Group { payload, unsettled: tracked, covers, len, opened: at, is_letter, hold };
        self.groups.insert(id, group);
        self.roots.insert(id, RootBatch::new(id, indices, 1, hold));
        self.holds.add(hold);
        self.deadlines.start(id, now);
        self.pending += tracked;
        Some(id)
    }

    fn next_id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// No task has work left for a root batch, but somebody keeps some of it.
    pub(crate) fn done(&mut self, id: u64, failures: Vec<Failure>, now: Timestamp) -> Vec<Dead<P>> {
        let Some(mut root) = self.roots.remove(&id) else { return Vec::new() };
        self.deadlines.done(id);
        // While its group is there: it may be forgotten with its last tuple.
        self.release(&mut root);
        let dead = self.fail(&mut root, failures, now);
        self.roots.insert(id, root);
        dead
    }

    /// Every share of a root batch has been answered: what did not fail is safe.
    pub(crate) fn settled(&mut self, id: u64, failures: Vec<Failure>, now: Timestamp) -> Vec<Dead<P>> {
        let Some(mut root) = self.roots.remove(&id) else { return Vec::new() };
        self.deadlines.end(id);
        // While its group is there: it may be forgotten with its last tuple.
        self.release(&mut root);
        let dead = self.fail(&mut root, failures, now);
        let Some(group) = self.groups.get_mut(&root.group) else { return dead };
        let settled = if root.indices.is_none() && root.failed.is_empty() {
            self.safe.extend(group.settle_all());
            u64::from(group.len)
        } else {
            let mut settled = 0;
            root.for_each(group.len, |index| {
                if !root.failed.contains(&index) {
                    settled += 1;
                    self.safe.extend(group.settle(index));
                }
            });
            settled
        };
        if group.is_letter {
            self.tally.dead += settled;
        } else {
            self.tally.settled += settled;
            self.ages.push((group.opened, settled));
        }
        self.forget_if_settled(root.group);
        dead
    }

    /// A root batch that has taken too long: all of it fails that did not. What is answered to it later
    /// says nothing any more.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Option<Vec<Dead<P>>> {
        let id = self.deadlines.take(now)?;
        let mut root = self.roots.remove(&id)?;
        self.release(&mut root);
        let len = self.groups.get(&root.group).map_or(0, |group| group.len);
        let mut failures = Vec::new();
        root.for_each(len, |index| failures.push(Failure { index, error: self.too_late.clone() }));
        Some(self.fail(&mut root, failures, now))
    }

    /// Somebody needs more time for a root batch.
    pub(crate) fn keep_alive(&mut self, id: u64, now: Timestamp) {
        self.deadlines.extend(id, now);
    }

    pub(crate) fn has_deadlines(&self) -> bool {
        self.deadlines.is_on()
    }

    /// When the next root batch will have taken too long.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.next()
    }

    #[cfg(test)]
    pub(crate) fn is_open(&self, id: u64) -> bool {
        self.roots.contains_key(&id)
    }

    /// The tuples of a root batch that are neither safe nor failed are no longer under way.
    fn release(&mut self, root: &mut RootBatch) {
        if std::mem::replace(&mut root.done, true) {
            return;
        }
        self.holds.remove(root.hold);
        let len = match (&root.indices, self.groups.get(&root.group)) {
            (Some(indices), _) => indices.len(),
            (None, Some(group)) => group.len as usize,
            (None, None) => 0,
        };
        self.pending -= len;
    }

    /// Decides about failures that were not dealt with: another attempt later, or none.
    fn fail(&mut self, root: &mut RootBatch, mut failures: Vec<Failure>, now: Timestamp) -> Vec<Dead<P>> {
        let mut again = Vec::new();
        let mut dead = Vec::new();
        let Some(group) = self.groups.get_mut(&root.group) else { return dead };
        // Who refuses a tuple for good has the last word.
        failures.sort_by_key(|failure| failure.error.retries());
        for Failure { index, error } in failures {
            if !root.covers(index, group.len) || !root.failed.insert(index) {
                continue;
            }
            self.tally.failed += 1;
            if error.retries() && root.attempt < self.retry.max_attempts {
                again.push(index);
                continue;
            }
            let (payload, cover) = (group.payload.clone(), group.share_of_cover(index));
            let (attempts, is_letter) = (root.attempt, group.is_letter);
            dead.push(Dead { payload, index, attempts, error, cover, is_letter });
            self.safe.extend(group.settle(index));
        }
        if !again.is_empty() {
            again.sort_unstable();
            self.pending += again.len();
            let at = now + self.retry.backoff.delay(root.attempt - 1);
            self.holds.add(group.hold);
            let replay = Replay { group: root.group, indices: again, attempt: root.attempt + 1 };
            let order = self.next_id();
            self.due.insert((at, order), replay);
        }
        self.forget_if_settled(root.group);
        dead
    }

    /// Nobody takes this dead letter: it counts as safe, so that it is not tried for ever.
    pub(crate) fn give_up(&mut self, is_letter: bool, cover: Token) {
        self.tally.dead += 1;
        self.tally.lost += u64::from(is_letter);
        cover.ack();
    }

    /// The topology ends, and so did whoever would have taken this dead letter: its source hears of it.
    pub(crate) fn lose(&mut self, cover: Token, error: DeliveryError) {
        self.tally.dead += 1;
        self.tally.lost += 1;
        cover.fail(error);
    }

    fn forget_if_settled(&mut self, group: u64) {
        if self.groups.get(&group).is_some_and(|group| group.unsettled == 0) {
            self.groups.remove(&group);
        }
    }

    /// Answers the covers that are complete. Call it when the dead letters are delivered: a tuple that was
    /// given up is safe with whoever takes them, not before.
    pub(crate) fn acknowledge(&mut self) {
        for token in self.safe.drain(..) {
            token.ack();
        }
    }

    /// The earliest timestamp, from `from` on, of an output's tuples that are under way or will be sent again.
    pub(crate) fn hold(&self, output: usize, from: Timestamp) -> Option<Timestamp> {
        self.holds.earliest(output, from)
    }

    /// When the next replay is due.
    pub(crate) fn next_replay(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next replay that is due, entered as a root batch of its own.
    pub(crate) fn take_replay(&mut self, now: Timestamp) -> Option<(u64, P, Vec<u32>)> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        let Replay { group, indices, attempt } = entry.remove();
        // It is there: these tuples are not settled.
        let Group { payload, hold, .. } = self.groups.get(&group)?;
        let (payload, hold) = (payload.clone(), *hold);
        let id = self.next_id();
        self.tally.replayed += indices.len() as u64;
        self.roots.insert(id, RootBatch::new(group, Some(indices.clone()), attempt, hold));
        self.deadlines.start(id, now);
        Some((id, payload, indices))
    }
}

impl RootBatch {
    fn new(group: u64, indices: Option<Vec<u32>>, attempt: u32, hold: Option<Hold>) -> Self {
        Self { group, indices, attempt, failed: HashSet::new(), done: false, hold }
    }

    fn covers(&self, index: u32, len: u32) -> bool {
        self.indices.as_ref().map_or(index < len, |indices| indices.binary_search(&index).is_ok())
    }

    fn for_each(&self, len: u32, each: impl FnMut(u32)) {
        match &self.indices {
            Some(indices) => indices.iter().copied().for_each(each),
            None => (0..len).for_each(each),
        }
    }
}

impl<P> Group<P> {
    fn cover(&mut self, index: u32) -> Option<&mut OpenCover> {
        let at = self.covers.partition_point(|open| open.cover.end <= index);
        self.covers.get_mut(at).filter(|open| open.cover.start <= index)
    }

    fn share_of_cover(&mut self, index: u32) -> Token {
        self.cover(index).map_or_else(Token::untracked, |open| open.cover.token.share())
    }

    /// All of its tuples are safe, and none was before. Returns the tokens of its covers.
    fn settle_all(&mut self) -> impl Iterator<Item = Token> {
        self.unsettled = 0;
        self.covers.drain(..).map(|open| open.cover.token)
    }

    /// The tuple `index` is safe, or given up. Called once for each. Returns the token of a cover that it was
    /// the last one of.
    fn settle(&mut self, index: u32) -> Option<Token> {
        self.unsettled = self.unsettled.saturating_sub(1);
        let open = self.cover(index)?;
        open.unsettled -= 1;
        (open.unsettled == 0).then(|| std::mem::replace(&mut open.cover.token, Token::untracked()))
    }
}
