//! The last message of each topic.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowcore::base::Timestamp;

use super::packet::Message;
use super::topic::matches;

/// A topic, and its new last message; `None` when it has none any more.
pub(super) type Change = (String, Option<Arc<Message>>);

#[derive(Debug)]
pub(super) struct Retained {
    messages: BTreeMap<String, Arc<Message>>,
    bytes: usize,
    most: usize,
    most_bytes: usize,
}

/// There is no room for the message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Retained {
    /// With what was kept.
    pub(super) fn new(kept: Vec<Arc<Message>>, most: usize, most_bytes: usize) -> Self {
        let bytes = kept.iter().map(|message| message.bytes()).sum();
        let messages = kept.into_iter().map(|message| (message.topic.clone(), message)).collect();
        Self { messages, bytes, most, most_bytes }
    }

    /// Keeps a message in place of the topic's last one; an empty one only takes that away. What changed.
    pub(super) fn set(&mut self, message: &Arc<Message>) -> Result<Option<Change>, Full> {
        let topic = &message.topic;
        if message.payload.is_empty() {
            return Ok(self.remove(topic).then(|| (topic.clone(), None)));
        }
        let old = self.messages.get(topic).map_or(0, |old| old.bytes());
        let bytes = self.bytes - old + message.bytes();
        let is_new = !self.messages.contains_key(topic);
        if bytes > self.most_bytes || (is_new && self.messages.len() >= self.most) {
            return Err(Full);
        }
        self.bytes = bytes;
        self.messages.insert(topic.clone(), message.clone());
        Ok(Some((topic.clone(), Some(message.clone()))))
    }

    fn remove(&mut self, topic: &str) -> bool {
        let old = self.messages.remove(topic);
        self.bytes -= old.as_ref().map_or(0, |old| old.bytes());
        old.is_some()
    }

    /// Takes away what is of no use any more.
    pub(super) fn expire(&mut self, now: Timestamp) -> Vec<Change> {
        let is_old = |message: &&Arc<Message>| message.expires.is_some_and(|expires| expires <= now);
        let old: Vec<_> =
            self.messages.values().filter(is_old).map(|message| message.topic.clone()).collect();
        for topic in &old {
            self.remove(topic);
        }
        old.into_iter().map(|topic| (topic, None)).collect()
    }

    /// Those that a new subscription gets, by topic.
    pub(super) fn matching(&self, filter: &str) -> impl Iterator<Item = &Arc<Message>> {
        self.messages.values().filter(move |message| matches(filter, &message.topic))
    }
}

#[cfg(test)]
mod tests {
    use mqtt_protocol_core::mqtt::IntoPayload;
    use mqtt_protocol_core::mqtt::packet::Qos;

    use super::*;

    fn message(topic: &str, payload: &str) -> Arc<Message> {
        Arc::new(Message {
            topic: topic.to_owned(),
            payload: payload.into_payload(),
            qos: Qos::AtLeastOnce,
            retain: true,
            properties: Vec::new(),
            expires: None,
        })
    }

    fn payloads(retained: &Retained, filter: &str) -> Vec<Vec<u8>> {
        retained.matching(filter).map(|message| message.payload.as_slice().to_vec()).collect()
    }

    #[test]
    fn the_last_message_of_a_topic_is_kept_until_an_empty_one() {
        let mut retained = Retained::new(vec![message("a", "0")], 10, 100);
        for (topic, payload) in [("a", "1"), ("b", "2"), ("a", "3")] {
            let message = message(topic, payload);
            assert_eq!(retained.set(&message), Ok(Some((topic.to_owned(), Some(message.clone())))));
        }
        assert_eq!(payloads(&retained, "#"), [b"3", b"2"]);
        assert_eq!(retained.set(&message("a", "")), Ok(Some(("a".to_owned(), None))));
        assert_eq!(retained.set(&message("a", "")), Ok(None));
        assert_eq!(payloads(&retained, "#"), [b"2"]);
    }

    #[test]
    fn topics_and_bytes_are_limited_and_room_comes_back() {
        let mut retained = Retained::new(Vec::new(), 2, 8);
        assert!(retained.set(&message("a", "1")).is_ok());
        assert!(retained.set(&message("b", "1")).is_ok());
        assert_eq!(retained.set(&message("c", "1")), Err(Full));
        assert_eq!(retained.set(&message("a", "1234567")), Err(Full));
        assert!(retained.set(&message("a", "12345")).is_ok());
        assert!(retained.set(&message("a", "")).is_ok());
        assert!(retained.set(&message("c", "12345")).is_ok());
    }

    #[test]
    fn what_is_of_no_use_any_more_is_taken_away() {
        let mut retained = Retained::new(Vec::new(), 2, 8);
        let mut short = message("a", "1");
        Arc::get_mut(&mut short).unwrap().expires = Some(Timestamp::from_millis(5));
        assert!(retained.set(&short).is_ok());
        assert!(retained.expire(Timestamp::from_millis(4)).is_empty());
        assert_eq!(retained.expire(Timestamp::from_millis(5)), [("a".to_owned(), None)]);
        assert!(payloads(&retained, "#").is_empty());
    }
}
