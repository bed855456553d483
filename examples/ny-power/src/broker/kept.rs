//! Sessions on disk: which ones, what of them is to be written, and what they are after a restart.

use flowcore::base::Timestamp;

use super::access::Access;
use super::hub::{Effects, Hub, split_group};
use super::outgoing::Owed;
use super::record::Record;
use super::session::{At, Session};
use super::subscriptions::SessionId;

/// What is to be different on disk.
#[derive(Debug)]
pub(super) enum SessionChange {
    Changed(SessionId, Record),
    /// With all that belongs to it.
    Ended(SessionId),
    /// What it is owed under this number; `None` when it has it.
    Owed(SessionId, u64, Option<Owed>),
    /// Whether a message of QoS 2 with this id came and is not released.
    Received(SessionId, u16, bool),
}

/// A session as it was on disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) id: SessionId,
    pub(super) record: Record,
    /// By number.
    pub(super) owed: Vec<(u64, Owed)>,
    pub(super) received: Vec<u16>,
}

impl Hub {
    /// Puts back what was on disk. What has expired meanwhile, or is of a user who is not known any more,
    /// goes from there with the first that is written.
    pub(super) fn restore(&mut self, saved: Vec<Saved>, access: &Access, now: Timestamp) {
        for saved in saved {
            let id = saved.id;
            self.last_session = self.last_session.max(id.0);
            match self.session_of(saved, access, now) {
                Some(session) => self.enter(id, session),
                None => self.ended.push(id),
            }
        }
    }

    fn session_of(&self, saved: Saved, access: &Access, now: Timestamp) -> Option<Session> {
        let Record { owner, expiry, away_since, filters } = saved.record;
        let Some(rights) = owner.user.as_deref().and_then(|user| access.user(user)) else {
            tracing::warn!(client = owner.client, "the session of a user who is not known is removed");
            return None;
        };
        let since = away_since.unwrap_or(now);
        let mut session = Session::new(owner, rights, &self.limits, since);
        (session.expiry, session.filters) = (expiry, filters);
        if session.ends().is_some_and(|ends| ends <= now) {
            return None;
        }
        session.received.extend(saved.received);
        for (number, owed) in saved.owed {
            session.outgoing.restore(number, owed, away_since.is_none(), now);
        }
        Some(session)
    }

    fn enter(&mut self, id: SessionId, mut session: Session) {
        for (filter, options) in &session.filters {
            let (group, filter) = split_group(filter);
            self.subscriptions.insert(filter, group, id, *options);
        }
        session.keep();
        self.kept.insert(id);
        self.owners.insert(session.owner.clone(), id);
        self.sessions.insert(id, session);
    }

    /// A client came, with what it asks for now.
    pub(super) fn keep_or_not(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.is_for_the_disk() {
            session.keep();
            session.note_record(true);
            self.kept.insert(id);
        } else if self.kept.remove(&id) {
            session.unsaved = None;
            session.outgoing.stop_keeping();
            self.ended.push(id);
        }
    }

    /// Says what is to be written before anything of `effects` is carried out. What can wait is said with
    /// what cannot, or when `all` is asked for: it is what clients have acknowledged and where they are.
    pub(super) fn save(&mut self, all: bool, effects: &mut Effects) {
        let urgent = |id| self.sessions.get(id).is_some_and(Session::must_be_saved);
        let must = !effects.changes.is_empty() || !self.ended.is_empty() || self.kept.iter().any(urgent);
        if !must && !all {
            return;
        }
        for id in &self.kept {
            if let Some(session) = self.sessions.get_mut(id) {
                session.save(*id, &mut effects.sessions);
            }
        }
        effects.sessions.extend(self.ended.drain(..).map(SessionChange::Ended));
    }
}

impl Session {
    fn keep(&mut self) {
        self.unsaved.get_or_insert_default();
        self.outgoing.keep();
    }

    fn must_be_saved(&self) -> bool {
        self.outgoing.must_be_saved() || self.unsaved.as_ref().is_some_and(|unsaved| unsaved.urgent)
    }

    fn save(&mut self, id: SessionId, changes: &mut Vec<SessionChange>) {
        let Some(unsaved) = self.unsaved.as_mut().map(std::mem::take) else { return };
        if unsaved.record {
            changes.push(SessionChange::Changed(id, self.record()));
        }
        let received = &self.received;
        let is_received = |packet| SessionChange::Received(id, packet, received.contains(&packet));
        changes.extend(unsaved.received.into_iter().map(is_received));
        let owed = self.outgoing.take_unsaved();
        changes.extend(owed.into_iter().map(|(number, owed)| SessionChange::Owed(id, number, owed)));
    }

    fn record(&self) -> Record {
        let away_since = match self.presence {
            At::Here(_) => None,
            At::Away { since, .. } => Some(since),
        };
        Record { owner: self.owner.clone(), expiry: self.expiry, away_since, filters: self.filters.clone() }
    }
}
