//! What clients ask of the hub: messages to those who asked for them, subscriptions, acknowledgements.

use std::sync::Arc;

use flowcore::base::Timestamp;
use mqtt_protocol_core::mqtt::packet::Qos;

use super::hub::{Effects, Hub};
use super::outgoing::{Pushed, Waiting};
use super::packet::{Answer, Message, Options, Reason, Request, Version};
use super::session::{At, ConnectionId, Session};
use super::subscriptions::{Matches, Presence, SessionId};

/// Reasons from here on are failures.
const FAILURE: u8 = 0x80;

impl Hub {
    pub(super) fn request(
        &mut self,
        id: SessionId,
        connection: ConnectionId,
        request: Request,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        match request {
            Request::Publish { message, id: packet } => {
                self.take(id, connection, &message, packet, now, effects);
            }
            Request::Refused { qos, id: packet } => {
                self.answer_publish(id, connection, qos, packet, Reason::NotAuthorized, effects);
            }
            Request::PubAck(packet) => self.owed(id, now, effects, |session| {
                session.outgoing.acknowledged(packet);
                None
            }),
            Request::PubRec { id: packet, taken } => {
                self.owed(id, now, effects, |session| session.outgoing.received(packet, taken));
            }
            Request::PubComp(packet) => self.owed(id, now, effects, |session| {
                session.outgoing.completed(packet);
                None
            }),
            Request::PubRel(packet) => {
                self.owed(id, now, effects, |session| {
                    session.release(packet);
                    Some(Answer::PubComp(packet))
                });
            }
            Request::Subscribe { id: packet, filters } => {
                self.subscribe(id, connection, packet, &filters, now, effects);
            }
            Request::Unsubscribe { id: packet, filters } => {
                self.unsubscribe(id, connection, packet, &filters, effects);
            }
            Request::Ping => effects.send(connection, Answer::Pong),
            Request::Disconnect { lost, expiry } => {
                self.disconnect(id, connection, lost, expiry, now, effects);
            }
        }
    }

    /// Tells the queue of what a client acknowledged, and sends what there is room for now.
    fn owed(
        &mut self,
        id: SessionId,
        now: Timestamp,
        effects: &mut Effects,
        tell: impl FnOnce(&mut Session) -> Option<Answer>,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let answer = tell(session);
        if let (Some(connection), Some(answer)) = (session.connection(), answer) {
            effects.send(connection, answer);
        }
        self.fill(id, now, effects);
    }

    fn take(
        &mut self,
        id: SessionId,
        connection: ConnectionId,
        message: &Arc<Message>,
        packet: u16,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        self.counts.received += 1;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_again = message.qos == Qos::ExactlyOnce && !session.receive(packet);
        let reason = if is_again { Reason::Success } else { self.publish(message, Some(id), now, effects) };
        self.answer_publish(id, connection, message.qos, packet, reason, effects);
    }

    fn answer_publish(
        &mut self,
        id: SessionId,
        connection: ConnectionId,
        qos: Qos,
        packet: u16,
        reason: Reason,
        effects: &mut Effects,
    ) {
        let failed = reason as u8 >= FAILURE;
        // Version 5 ends the exchange with the failure. 3.1.1 knows no failure: the rest follows as usual.
        if failed
            && self.version(id) == Version::V5
            && let Some(session) = self.sessions.get_mut(&id)
        {
            session.release(packet);
        }
        match qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => effects.send(connection, Answer::PubAck(packet, reason)),
            Qos::ExactlyOnce => effects.send(connection, Answer::PubRec(packet, reason)),
        }
    }

    /// Keeps a message if it is to be retained, and gives it to all who asked for its topic.
    pub(super) fn publish(
        &mut self,
        message: &Arc<Message>,
        from: Option<SessionId>,
        now: Timestamp,
        effects: &mut Effects,
    ) -> Reason {
        if message.retain {
            let Ok(change) = self.retained.set(message) else {
                tracing::warn!(topic = message.topic, "no room for one more retained message: refused");
                return Reason::QuotaExceeded;
            };
            effects.changes.extend(change.filter(|(topic, _)| !topic.starts_with('$')));
        }
        let mut matches = std::mem::take(&mut self.matches);
        self.find(&message.topic, &mut matches);
        let reason = if matches.subscribers.is_empty() && matches.shared.is_empty() {
            Reason::NoMatchingSubscribers
        } else {
            self.forward(message, from, &matches, now, effects);
            Reason::Success
        };
        matches.subscribers.clear();
        matches.shared.clear();
        self.matches = matches;
        reason
    }

    /// Who gets messages of a topic, a session's subscriptions beside each other.
    fn find(&mut self, topic: &str, matches: &mut Matches) {
        let sessions = &self.sessions;
        let presence = |id: SessionId| match sessions.get(&id) {
            Some(session) if !session.rights.may_read(topic) => Presence::Barred,
            Some(Session { presence: At::Here(_), .. }) => Presence::Here,
            Some(_) => Presence::Away,
            None => Presence::Barred,
        };
        self.subscriptions.matching(topic, &presence, matches);
        matches.subscribers.retain(|(id, _)| presence(*id) != Presence::Barred);
        matches.subscribers.sort_by_key(|(id, _)| *id);
    }

    fn forward(
        &mut self,
        message: &Arc<Message>,
        from: Option<SessionId>,
        matches: &Matches,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        for own in matches.subscribers.chunk_by(|one, other| one.0 == other.0) {
            let id = own[0].0;
            let heard = |(_, options): &&(SessionId, Options)| !(options.no_local && from == Some(id));
            let heard = || own.iter().filter(heard).map(|(_, options)| options);
            if let Some(waiting) = waiting(message, heard) {
                self.owe(id, waiting, now, effects);
            }
        }
        for (id, options) in &matches.shared {
            if let Some(waiting) = waiting(message, || std::iter::once(options)) {
                self.owe(*id, waiting, now, effects);
            }
        }
    }

    /// Puts a message into a session's queue, and sends what there is room for.
    pub(super) fn owe(&mut self, id: SessionId, waiting: Waiting, now: Timestamp, effects: &mut Effects) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let connection = session.connection();
        if connection.is_none() && waiting.qos == Qos::AtMostOnce {
            return;
        }
        match (session.outgoing.push(waiting), connection) {
            (Pushed::Taken, Some(_)) => self.fill(id, now, effects),
            (Pushed::Taken, None) => {}
            (Pushed::Overflow, Some(connection)) => {
                let client = session.owner.client.as_str();
                let waiting = session.outgoing.waiting();
                tracing::warn!(client, waiting, "a client is too slow: it is disconnected");
                self.cut(connection, Reason::QuotaExceeded, now, effects);
            }
            (Pushed::Lost, _) | (Pushed::Overflow, None) => session.count_loss(),
        }
    }

    fn disconnect(
        &mut self,
        id: SessionId,
        connection: ConnectionId,
        lost: bool,
        expiry: Option<u32>,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        // Who asked for no session cannot have one at the end.
        if let Some(asked) = expiry
            && session.expiry > 0
        {
            session.expiry = session.allowed_expiry(asked, &self.limits);
        }
        effects.orders.push((connection, super::hub::Order::Close(None)));
        self.leave(connection, lost, now, effects);
    }
}

/// One message for one session: the best quality that it asked for, and all identifiers.
pub(super) fn waiting<'a, I>(message: &Arc<Message>, heard: impl Fn() -> I) -> Option<Waiting>
where
    I: Iterator<Item = &'a Options>,
{
    let qos = heard().map(|options| options.qos).max_by_key(|qos| *qos as u8)?;
    let qos = if (message.qos as u8) < qos as u8 { message.qos } else { qos };
    let retain = message.retain && heard().any(|options| options.retain_as_published);
    let subscriptions = heard().filter_map(|options| options.identifier).collect();
    Some(Waiting { message: message.clone(), qos, retain, subscriptions })
}

impl Session {
    /// Says so at the first, and then each time there are ten times as many.
    fn count_loss(&mut self) {
        self.lost += 1;
        if self.lost.is_power_of_two() {
            let client = self.owner.client.as_str();
            tracing::warn!(client, lost = self.lost, "no room for messages of a client: they are lost");
        }
    }
}
