//! Sessions, subscriptions and retained messages, and what follows from each event. No clock, no I/O: it is
//! told the time, and says what to send and what to write.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use flowcore::base::Timestamp;

use super::access::Rights;
use super::config::Limits;
use super::kept::SessionChange;
use super::outgoing::Outgoing;
use super::packet::{Answer, Connect, Message, Reason, Request, Version, Welcome};
use super::retained::{Change, Retained};
use super::session::{At, ConnectionId, Owner, Session, seconds};
use super::subscriptions::{Matches, SessionId, Subscriptions};
use super::topic::shared;

/// What happened.
#[derive(Debug)]
pub(super) enum Event {
    /// A client whose name and password are right.
    Connect {
        connection: ConnectionId,
        connect: Box<Connect>,
        rights: Arc<Rights>,
    },
    Request {
        connection: ConnectionId,
        request: Request,
    },
    /// A connection ended without DISCONNECT.
    Lost(ConnectionId),
    /// Time passed.
    Tick,
}

/// What follows.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// In order.
    pub(super) orders: Vec<(ConnectionId, Order)>,
    /// To be on disk before any order is carried out, with `sessions` as one.
    pub(super) changes: Vec<Change>,
    pub(super) sessions: Vec<SessionChange>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    Send(Answer),
    /// Ends it, after what was sent before.
    Close(Option<Reason>),
}

/// The state of the broker.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) limits: Limits,
    pub(super) sessions: HashMap<SessionId, Session>,
    pub(super) owners: HashMap<Owner, SessionId>,
    pub(super) connections: HashMap<ConnectionId, SessionId>,
    pub(super) subscriptions: Subscriptions,
    pub(super) retained: Retained,
    pub(super) matches: Matches,
    pub(super) answers: Vec<Answer>,
    pub(super) counts: Counts,
    /// Sessions whose connection was ended in the middle of something else.
    cut_off: Vec<SessionId>,
    /// Those that are on disk.
    pub(super) kept: BTreeSet<SessionId>,
    /// Those that are still on disk.
    pub(super) ended: Vec<SessionId>,
    pub(super) last_session: u64,
    names: RandomState,
}

/// For `$SYS`.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) ticks: u64,
}

impl Hub {
    pub(super) fn new(limits: Limits, kept: Vec<Arc<Message>>) -> Self {
        let retained = Retained::new(kept, limits.retained, limits.retained_bytes);
        Self {
            limits,
            sessions: HashMap::new(),
            owners: HashMap::new(),
            connections: HashMap::new(),
            subscriptions: Subscriptions::default(),
            retained,
            matches: Matches::default(),
            answers: Vec::new(),
            counts: Counts::default(),
            cut_off: Vec::new(),
            kept: BTreeSet::new(),
            ended: Vec::new(),
            last_session: 0,
            names: RandomState::new(),
        }
    }

    /// Takes one event.
    pub(super) fn handle(&mut self, event: Event, now: Timestamp, effects: &mut Effects) {
        match event {
            Event::Connect { connection, connect, rights } => {
                self.connect(connection, *connect, rights, now, effects);
            }
            Event::Request { connection, request } => {
                // The packets of a connection that was closed meanwhile are passed over.
                if let Some(id) = self.connections.get(&connection) {
                    self.request(*id, connection, request, now, effects);
                }
            }
            Event::Lost(connection) => self.leave(connection, true, now, effects),
            Event::Tick => self.tick(now, effects),
        }
        // Whose wills cut off others, and so on: in a row, not one inside the other.
        while let Some(id) = self.cut_off.pop() {
            self.settle(id, now, effects);
        }
    }

    fn connect(
        &mut self,
        connection: ConnectionId,
        mut connect: Connect,
        rights: Arc<Rights>,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let owner = self.owner(&rights, &connect);
        if owner.user.is_none() && self.anonymous() >= self.limits.anonymous {
            return refuse(connection, Reason::ServerBusy, effects);
        }
        let id = self.take_over(&owner, connect.clean, now, effects);
        let Some(id) = id.or_else(|| self.make_room(now, effects)) else {
            return refuse(connection, Reason::ServerBusy, effects);
        };
        let is_old = self.sessions.contains_key(&id);
        let limits = &self.limits;
        let session = self
            .sessions
            .entry(id)
            .or_insert_with(|| Session::new(owner.clone(), rights.clone(), limits, now));
        let (asked, window) = (connect.expiry, connect.receive_maximum.min(limits.in_flight));
        session.rights = rights;
        session.arrive(connection, &mut connect, limits);
        let welcome = Welcome {
            session_present: is_old,
            assigned: connect.client.is_empty().then(|| owner.client.clone()),
            expiry: (session.expiry != asked).then_some(session.expiry),
            packet_maximum: if session.rights.writes() { limits.packet } else { limits.reader_packet },
        };
        effects.send(connection, Answer::Welcome(welcome));
        session.outgoing.resume(window, connect.packet_maximum, &mut self.answers);
        self.owners.insert(owner, id);
        self.connections.insert(connection, id);
        self.keep_or_not(id);
        self.fill(id, now, effects);
    }

    /// A client without a name gets one that nobody can guess.
    fn owner(&self, rights: &Rights, connect: &Connect) -> Owner {
        let client = if connect.client.is_empty() {
            format!("auto-{:016x}", self.names.hash_one(self.last_session))
        } else {
            connect.client.clone()
        };
        Owner { user: rights.user().map(str::to_owned), client }
    }

    /// Sends away who used the session until now. The session, unless it is to end.
    fn take_over(
        &mut self,
        owner: &Owner,
        clean: bool,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Option<SessionId> {
        let id = *self.owners.get(owner)?;
        if let Some(old) = self.sessions.get(&id)?.connection() {
            effects.orders.push((old, Order::Close(Some(Reason::SessionTakenOver))));
            self.leave(old, true, now, effects);
        }
        if clean {
            self.end(id, now, effects);
        }
        // `None` when it ended just now.
        let session = self.sessions.get_mut(&id)?;
        session.will = None;
        Some(id)
    }

    /// A name for a new session, if there may be one more.
    fn make_room(&mut self, now: Timestamp, effects: &mut Effects) -> Option<SessionId> {
        if self.sessions.len() >= self.limits.sessions {
            let oldest = self.oldest_away()?;
            self.end(oldest, now, effects);
        }
        self.last_session += 1;
        Some(SessionId(self.last_session))
    }

    /// Anonymous clients that are here.
    fn anonymous(&self) -> usize {
        let is_anonymous = |id: &&SessionId| self.sessions.get(id).is_some_and(|s| s.owner.user.is_none());
        self.connections.values().filter(is_anonymous).count()
    }

    /// The anonymous session that is away the longest.
    fn oldest_away(&self) -> Option<SessionId> {
        let away = |(id, session): (&SessionId, &Session)| match session.presence {
            At::Away { since, .. } if session.owner.user.is_none() => Some((since, *id)),
            _ => None,
        };
        self.sessions.iter().filter_map(away).min().map(|(_, id)| id)
    }

    /// The client of a connection is not there any more.
    pub(super) fn leave(
        &mut self,
        connection: ConnectionId,
        lost: bool,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        if let Some(id) = self.part(connection, lost, now) {
            self.settle(id, now, effects);
        }
    }

    fn part(&mut self, connection: ConnectionId, lost: bool, now: Timestamp) -> Option<SessionId> {
        let id = self.connections.remove(&connection)?;
        let session = self.sessions.get_mut(&id)?;
        if !lost {
            session.will = None;
        }
        let delay = session.will.as_ref().map(|will| will.delay.min(session.expiry));
        session.presence = At::Away { since: now, will_due: delay.map(|delay| now + seconds(delay)) };
        // Lazily: it is kept longer than it asked for, never shorter.
        session.note_record(false);
        Some(id)
    }

    /// What is due of a session whose client is away: its will, its end.
    fn settle(&mut self, id: SessionId, now: Timestamp, effects: &mut Effects) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let ends = session.ends().is_some_and(|ends| ends <= now);
        if (ends || session.will_is_due(now))
            && let Some(will) = session.will.take()
        {
            let may = session.rights.may_write(&will.message.topic);
            if may {
                self.publish(&will.message, Some(id), now, effects);
            }
        }
        if ends {
            self.forget(id);
        }
    }

    fn end(&mut self, id: SessionId, now: Timestamp, effects: &mut Effects) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.expiry = 0;
        }
        self.settle(id, now, effects);
        self.forget(id);
    }

    fn forget(&mut self, id: SessionId) {
        let Some(session) = self.sessions.remove(&id) else { return };
        self.owners.remove(&session.owner);
        if self.kept.remove(&id) {
            self.ended.push(id);
        }
        for filter in session.filters.keys() {
            let (group, filter) = split_group(filter);
            self.subscriptions.remove(filter, group, id);
        }
    }

    fn tick(&mut self, now: Timestamp, effects: &mut Effects) {
        let due = |session: &Session| session.will_is_due(now) || session.ends().is_some_and(|at| at <= now);
        let due: Vec<_> =
            self.sessions.iter().filter(|(_, session)| due(session)).map(|(id, _)| *id).collect();
        for id in due {
            self.settle(id, now, effects);
        }
        let expired = self.retained.expire(now);
        effects.changes.extend(expired);
        self.publish_state(now, effects);
    }

    /// Sends what the client has room for.
    pub(super) fn fill(&mut self, id: SessionId, now: Timestamp, effects: &mut Effects) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(connection) = session.connection() else { return };
        Outgoing::fill(&mut session.outgoing, now, &mut self.answers);
        for answer in self.answers.drain(..) {
            self.counts.sent += u64::from(matches!(answer, Answer::Publish(_)));
            effects.send(connection, answer);
        }
    }

    /// Ends a connection that went wrong; its will is published.
    pub(super) fn cut(
        &mut self,
        connection: ConnectionId,
        reason: Reason,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        effects.orders.push((connection, Order::Close(Some(reason))));
        let id = self.part(connection, true, now);
        self.cut_off.extend(id);
    }

    /// What a session's client speaks.
    pub(super) fn version(&self, id: SessionId) -> Version {
        self.sessions.get(&id).map_or(Version::V311, |session| session.version)
    }
}

impl Effects {
    pub(super) fn send(&mut self, connection: ConnectionId, answer: Answer) {
        self.orders.push((connection, Order::Send(answer)));
    }
}

fn refuse(connection: ConnectionId, reason: Reason, effects: &mut Effects) {
    effects.send(connection, Answer::Refuse(reason));
    effects.orders.push((connection, Order::Close(None)));
}

/// The group of a shared subscription, and the filter.
pub(super) fn split_group(filter: &str) -> (Option<&str>, &str) {
    shared(filter).map_or((None, filter), |(group, filter)| (Some(group), filter))
}
