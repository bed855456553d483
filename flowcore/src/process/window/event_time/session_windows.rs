use std::collections::hash_map::{Entry, OccupiedEntry};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

use super::contents::ByKey;
use super::report::with_keys;
use super::rules::{BEGINNING, Held, progress};
use super::session::{Session, Sessions};
use super::timers::Timers;
use super::{Admission, Arrival, Core, Fired, Firing, Rules};
use crate::base::{Timestamp, TokenSet};
use crate::process::observe::OpenWindows;
use crate::process::window::Pane;

/// Session windows.
///
/// A key is looked at when the watermark has come to where one of its sessions ended when it was last looked
/// at: a session that grows costs nothing but the tuple.
#[derive(Debug)]
pub struct SessionWindows<K, A> {
    gap: i64,
    rules: Rules,
    keys: ByKey<K, Sessions<A>>,
    /// At which watermark to look at which keys.
    due: BTreeMap<i64, Vec<K>>,
    told: i64,
    watermark: i64,
    held: Held,
    /// Keys that have something to show, on what occasion, and sessions of at least how many new tuples.
    showing: VecDeque<(K, Firing, u64)>,
    /// Results of the key that was looked at last.
    ready: VecDeque<Fired<K, A>>,
    timers: Timers,
}

impl<K: Hash + Eq + Clone, A: Pane> SessionWindows<K, A> {
    pub(in crate::process::window) fn new(gap: i64, rules: Rules) -> Self {
        Self {
            gap,
            rules,
            keys: ByKey::default(),
            due: BTreeMap::new(),
            told: BEGINNING,
            watermark: BEGINNING,
            held: Held::default(),
            showing: VecDeque::new(),
            ready: VecDeque::new(),
            timers: Timers::default(),
        }
    }

    /// Gives the results of a key that the watermark has come to.
    fn look(&mut self, key: K, position: i64) {
        let Some(sessions) = self.keys.get_mut(&key).filter(|sessions| sessions.look_at == position) else {
            // It was looked at since.
            return;
        };
        let (gap, rules, told, held) = (self.gap, &self.rules, self.told, &mut self.held);
        for session in &mut sessions.list {
            let end = session.latest + gap;
            let over = end + rules.lateness <= told;
            if let Some(firing) = session.gives(end <= told, over, rules) {
                let (tokens, entries) = (session.tokens.len(), session.entries());
                self.ready.push_back(session.show(key.clone(), gap, firing, over || rules.discarding));
                held.tuples -= tokens - session.tokens.len();
                held.entries -= entries - session.entries();
            }
            session.fired |= end <= told;
        }
        sessions.list.retain(|session| {
            let over = session.latest + gap + rules.lateness <= told;
            held.entries -= if over { session.entries() } else { 0 };
            !over
        });
        let ends = sessions.list.iter().map(|session| session.look_at(gap, rules));
        match ends.min() {
            Some(next) => {
                sessions.look_at = next;
                self.due.entry(next).or_default().push(key);
            }
            None => drop(self.keys.remove(&key)),
        }
    }

    /// The next key that the watermark has come to.
    fn take_due(&mut self) -> Option<(i64, K)> {
        let mut first = self.due.first_entry().filter(|first| *first.key() <= self.told)?;
        let position = *first.key();
        let key = first.get_mut().pop();
        if first.get().is_empty() {
            first.remove();
        }
        key.map(|key| (position, key))
    }

    /// Shows what is new in the sessions of a key.
    fn show(&mut self, key: &K, firing: Firing, least: u64) {
        let Some(sessions) = self.keys.get_mut(key) else { return };
        for session in &mut sessions.list {
            if session.fired == (firing == Firing::Late) && session.unshown >= least {
                let (tokens, entries) = (session.tokens.len(), session.entries());
                self.ready.push_back(session.show(key.clone(), self.gap, firing, self.rules.discarding));
                self.held.tuples -= tokens - session.tokens.len();
                self.held.entries -= entries - session.entries();
            }
        }
    }

    /// What is to be shown because it is time.
    fn ring(&mut self, now: Timestamp) -> bool {
        let Some(firing) = self.timers.ring(now) else { return false };
        let late = firing == Firing::Late;
        let new = |session: &Session<A>| session.unshown > 0 && session.fired == late;
        let keys = self.keys.iter().filter(|(_, sessions)| sessions.list.iter().any(new));
        self.showing.extend(keys.map(|(key, _)| (key.clone(), firing, 1)));
        true
    }
}

/// The entry of a key, unless a tuple of it that makes a session is late or has no room.
fn entry<K: Hash + Eq, A: Pane>(
    keys: &mut ByKey<K, Sessions<A>>,
    key: K,
    late: bool,
    full: bool,
) -> Result<OccupiedEntry<'_, K, Sessions<A>>, Admission> {
    match keys.entry(key) {
        Entry::Occupied(sessions) => Ok(sessions),
        Entry::Vacant(_) if late => Err(Admission::Late),
        Entry::Vacant(_) if full => Err(Admission::Full),
        Entry::Vacant(sessions) => Ok(sessions.insert_entry(Sessions::none())),
    }
}

impl<K, A> Core<K, A> for SessionWindows<K, A>
where
    K: Hash + Eq + Clone + Send + 'static,
    A: Pane + Send + 'static,
{
    type Bound = Timestamp;

    fn add(
        &mut self,
        arrival: Arrival<K>,
        keep: impl FnOnce(&mut TokenSet),
        add: impl FnOnce(&mut A),
    ) -> Admission {
        let Arrival { key, at, now } = arrival;
        let Self { gap, rules, watermark, .. } = *self;
        let late = at + gap + rules.lateness <= watermark;
        let full = self.held.entries >= rules.max_entries;
        if self.held.tuples >= rules.max_kept {
            return Admission::Full;
        }
        let mut entry = match entry(&mut self.keys, key, late, full) {
            Ok(entry) => entry,
            Err(admission) => return admission,
        };
        let sessions = entry.get_mut();
        let reached = sessions.reached_from(at, gap);
        if reached.is_empty() && late {
            return Admission::Late;
        }
        let before = sessions.entries(&reached);
        if full && before != 1 {
            // What does not grow with its tuples has room.
            return Admission::Full;
        }
        let Some(session) = sessions.join(reached, at, now) else { return Admission::Full };
        let tokens = session.tokens.len();
        session.add(add, keep);
        session.fired = session.latest + gap <= watermark;
        self.held.tuples += session.tokens.len() - tokens;
        self.held.entries = self.held.entries + session.entries() - before;
        let (fired, unshown, look_at) = (session.fired, session.unshown, session.look_at(gap, &rules));
        if look_at < sessions.look_at {
            sessions.look_at = look_at;
            self.due.entry(look_at).or_default().push(entry.key().clone());
        }
        if !self.timers.note(fired, unshown, &rules, now) {
            return Admission::Kept;
        }
        let shown = if fired { (Firing::Late, 1) } else { (Firing::Early, rules.early_tuples.unwrap_or(1)) };
        self.showing.push_back((entry.key().clone(), shown.0, shown.1));
        Admission::Fires
    }

    fn advance(&mut self, watermark: Timestamp) {
        self.told = self.told.max(progress(watermark));
    }

    fn next(&mut self, now: Timestamp) -> Option<Fired<K, A>> {
        loop {
            if let Some(fired) = self.ready.pop_front() {
                return Some(fired);
            }
            if let Some((key, firing, least)) = self.showing.pop_front() {
                self.show(&key, firing, least);
            } else if let Some((position, key)) = self.take_due() {
                self.look(key, position);
            } else {
                self.watermark = self.told;
                if !self.ring(now) {
                    return None;
                }
            }
        }
    }

    fn flush(&mut self) -> Option<Fired<K, A>> {
        self.told = -BEGINNING;
        let mut fired = self.next(Timestamp::MIN)?;
        fired.window.cut_short = fired.firing == Firing::OnTime;
        Some(fired)
    }

    fn wake_at(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    fn report(&self, windows: &mut OpenWindows)
    where
        K: Debug,
    {
        // Those that close first, out of what may be very many.
        let (mut first, mut count) = (BTreeMap::new(), 0);
        for (key, sessions) in &self.keys {
            for session in &sessions.list {
                first.insert((session.look_at(self.gap, &self.rules), count), (key, session));
                count += 1;
                if first.len() > windows.room() {
                    first.pop_last();
                }
            }
        }
        windows.leave_out(count - first.len() as u64);
        for (key, session) in first.into_values() {
            windows.add(with_keys(session.open_window(self.gap, &self.rules), 1, [key]));
        }
    }

    fn watermark(&self) -> Option<Timestamp> {
        (self.watermark > BEGINNING).then(|| Timestamp::from_millis(self.watermark))
    }
}
