use std::sync::Arc;

use bytes::Bytes;
use flowcore::event::{Event, Headers};

use crate::QoS;

/// A message that came from a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it was published.
    pub topic: Arc<str>,
    /// Its content.
    pub payload: Bytes,
    /// The smaller one of its publisher's and its subscriber's.
    pub qos: QoS,
    /// It was there before the subscription.
    pub retained: bool,
    /// The broker has sent it before, and does not know whether it came.
    pub duplicate: bool,
    /// MQTT 5: user properties; the last one of a name.
    pub headers: Headers,
}

impl Message {
    /// As an event: the payload is the body, user properties are headers.
    ///
    /// ```
    /// # use flowcore_mqtt::{Message, QoS};
    /// # let message = Message {
    /// #     topic: "a/b".into(), payload: "1".into(), qos: QoS::AtLeastOnce,
    /// #     retained: false, duplicate: false, headers: Default::default(),
    /// # };
    /// let event = message.into_event(Some(&"topic".into()));
    /// assert_eq!(event.headers.get("topic"), Some("a/b"));
    /// ```
    pub fn into_event(self, topic_header: Option<&Arc<str>>) -> Event {
        let mut event = Event { headers: self.headers, body: self.payload };
        if let Some(name) = topic_header {
            event.headers.insert(Arc::clone(name), self.topic);
        }
        event
    }
}
