//! What the broker knows of one client, there or away.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Timestamp;

use super::access::Rights;
use super::config::Limits;
use super::outgoing::Outgoing;
use super::packet::{Connect, Options, Version, Will};

/// Names a connection as long as the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ConnectionId(pub(super) u64);

/// Who a session belongs to. Clients of different users never meet: nobody takes over another user's session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    pub(super) user: Option<String>,
    pub(super) client: String,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) owner: Owner,
    pub(super) rights: Arc<Rights>,
    pub(super) presence: At,
    pub(super) version: Version,
    pub(super) filters: BTreeMap<String, Options>,
    pub(super) outgoing: Outgoing,
    /// Ids of messages of QoS 2 that came and are not released.
    pub(super) received: HashSet<u16>,
    /// Seconds that it is kept when the client is away.
    pub(super) expiry: u32,
    pub(super) will: Option<Will>,
    /// Messages that were lost since it was last said.
    pub(super) lost: u64,
    /// Of a session that is on disk: what is there otherwise than here, besides what is outgoing.
    pub(super) unsaved: Option<Unsaved>,
}

/// Where the client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Here(ConnectionId),
    Away { since: Timestamp, will_due: Option<Timestamp> },
}

impl Session {
    pub(super) fn new(owner: Owner, rights: Arc<Rights>, limits: &Limits, since: Timestamp) -> Self {
        let queue = if owner.user.is_some() { limits.queue } else { limits.anonymous_queue };
        Self {
            owner,
            rights,
            presence: At::Away { since, will_due: None },
            version: Version::V311,
            filters: BTreeMap::new(),
            outgoing: Outgoing::new(queue),
            received: HashSet::new(),
            expiry: 0,
            will: None,
            lost: 0,
            unsaved: None,
        }
    }

    /// The client is here.
    pub(super) fn arrive(&mut self, connection: ConnectionId, connect: &mut Connect, limits: &Limits) {
        self.presence = At::Here(connection);
        self.version = connect.version;
        self.expiry = self.allowed_expiry(connect.expiry, limits);
        self.will = connect.will.take();
    }

    /// As long as it asks for; anonymous clients not longer than the limit.
    pub(super) fn allowed_expiry(&self, asked: u32, limits: &Limits) -> u32 {
        let most = u32::try_from(limits.anonymous_expiry.as_secs()).unwrap_or(u32::MAX);
        if self.owner.user.is_some() { asked } else { asked.min(most) }
    }

    pub(super) fn connection(&self) -> Option<ConnectionId> {
        match self.presence {
            At::Here(connection) => Some(connection),
            At::Away { .. } => None,
        }
    }

    /// When it ends, if nobody comes.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        match self.presence {
            At::Away { since, .. } if self.expiry < u32::MAX => Some(since + seconds(self.expiry)),
            _ => None,
        }
    }

    /// Whether its will is to be published by now.
    pub(super) fn will_is_due(&self, now: Timestamp) -> bool {
        matches!(self.presence, At::Away { will_due: Some(due), .. } if due <= now)
    }
}

/// What is on disk otherwise than in memory.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    /// The session itself.
    pub(super) record: bool,
    /// Ids that came or were released.
    pub(super) received: Vec<u16>,
    /// Some of it must be on disk before anything is sent.
    pub(super) urgent: bool,
}

impl Session {
    /// Whether it is to outlive the broker: its user has a name, and the client asked for it.
    pub(super) fn is_for_the_disk(&self) -> bool {
        self.owner.user.is_some() && self.expiry > 0
    }

    /// Who and where the client is, or what it subscribes to, has changed.
    pub(super) fn note_record(&mut self, urgent: bool) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.record = true;
            unsaved.urgent |= urgent;
        }
    }

    /// Takes an id of QoS 2. `false` when it came before.
    pub(super) fn receive(&mut self, id: u16) -> bool {
        let is_new = self.received.insert(id);
        if is_new {
            self.note_received(id);
        }
        is_new
    }

    /// The client knows that the message of this id is here: the next of this id is another one.
    pub(super) fn release(&mut self, id: u16) {
        if self.received.remove(&id) {
            self.note_received(id);
        }
    }

    fn note_received(&mut self, id: u16) {
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.received.push(id);
            unsaved.urgent = true;
        }
    }
}

pub(super) fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}
