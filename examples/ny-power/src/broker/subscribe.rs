//! Subscribing: what is granted, and what comes of retained messages.

use std::sync::Arc;

use flowcore::base::Timestamp;
use mqtt_protocol_core::mqtt::packet::RetainHandling;

use super::hub::{Effects, Hub, split_group};
use super::packet::{Answer, Message, Options, Reason, Version};
use super::route::waiting;
use super::session::ConnectionId;
use super::subscriptions::SessionId;

/// A subscription that was refused, as 3.1.1 says it.
const FAILURE: u8 = 0x80;
/// No such subscription.
const NO_SUBSCRIPTION: u8 = 0x11;

impl Hub {
    pub(super) fn subscribe(
        &mut self,
        id: SessionId,
        connection: ConnectionId,
        packet: u16,
        filters: &[(String, Options)],
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let mut codes = Vec::with_capacity(filters.len());
        let mut wants_retained = Vec::new();
        for (filter, options) in filters {
            let is_new = self.add_filter(id, filter, *options);
            codes.push(is_new.map_or_else(|()| self.refusal(id), |_| options.qos as u8));
            let wants = match (options.retain_handling, is_new) {
                (RetainHandling::SendRetained, Ok(_))
                | (RetainHandling::SendRetainedIfNotExists, Ok(true)) => split_group(filter).0.is_none(),
                _ => false,
            };
            if wants {
                wants_retained.push((filter, options));
            }
        }
        effects.send(connection, Answer::SubAck(packet, codes));
        for (filter, options) in wants_retained {
            self.send_retained(id, filter, options, now, effects);
        }
    }

    /// Whether it is new; an error when the client has as many as it may.
    fn add_filter(&mut self, id: SessionId, filter: &str, options: Options) -> Result<bool, ()> {
        let most = self.limits.subscriptions;
        let session = self.sessions.get_mut(&id).ok_or(())?;
        if session.filters.len() >= most && !session.filters.contains_key(filter) {
            return Err(());
        }
        session.filters.insert(filter.to_owned(), options);
        session.note_record(true);
        let (group, filter) = split_group(filter);
        Ok(self.subscriptions.insert(filter, group, id, options))
    }

    fn refusal(&self, id: SessionId) -> u8 {
        if self.version(id) == Version::V5 { Reason::QuotaExceeded as u8 } else { FAILURE }
    }

    fn send_retained(
        &mut self,
        id: SessionId,
        filter: &str,
        options: &Options,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let Some(session) = self.sessions.get(&id) else { return };
        let readable = |message: &&Arc<Message>| session.rights.may_read(&message.topic);
        let kept: Vec<_> = self.retained.matching(filter).filter(readable).cloned().collect();
        for message in kept {
            if let Some(mut waiting) = waiting(&message, || std::iter::once(options)) {
                waiting.retain = true;
                self.owe(id, waiting, now, effects);
            }
        }
    }

    pub(super) fn unsubscribe(
        &mut self,
        id: SessionId,
        connection: ConnectionId,
        packet: u16,
        filters: &[String],
        effects: &mut Effects,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let mut codes = Vec::with_capacity(filters.len());
        for filter in filters {
            let known = session.filters.remove(filter).is_some();
            codes.push(if known { Reason::Success as u8 } else { NO_SUBSCRIPTION });
            let (group, filter) = split_group(filter);
            self.subscriptions.remove(filter, group, id);
        }
        session.note_record(true);
        effects.send(connection, Answer::UnsubAck(packet, codes));
    }
}
