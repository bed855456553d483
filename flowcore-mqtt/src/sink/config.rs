use std::sync::Arc;

use flowcore::event::Event;

use crate::{MqttConfig, Publish, Publishes, QoS};

/// Where an [`MqttSink`](super::MqttSink) publishes events.
///
/// ```
/// use flowcore_mqtt::{MqttConfig, MqttSinkConfig, QoS};
///
/// let mqtt = MqttConfig::new("mqtt://127.0.0.1");
/// let config = MqttSinkConfig::new(mqtt, "house/log").topic_header("topic").qos(QoS::ExactlyOnce);
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct MqttSinkConfig {
    pub(super) mqtt: MqttConfig,
    topic: Arc<str>,
    topic_header: Option<Arc<str>>,
    qos: QoS,
    retain: bool,
}

impl MqttSinkConfig {
    /// Publishes to `topic`, at least once, not retained. Headers become user properties of MQTT 5.
    pub fn new(mqtt: MqttConfig, topic: impl Into<Arc<str>>) -> Self {
        Self { mqtt, topic: topic.into(), topic_header: None, qos: QoS::AtLeastOnce, retain: false }
    }

    /// Publishes to the topic in this header, where an event has it.
    #[must_use]
    pub fn topic_header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.topic_header = Some(name.into());
        self
    }

    /// Default [`QoS::AtLeastOnce`].
    #[must_use]
    pub fn qos(mut self, qos: QoS) -> Self {
        self.qos = qos;
        self
    }

    /// The broker is to keep the last message of each topic.
    #[must_use]
    pub fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    pub(super) fn write(&self, event: &Event, out: &mut Publishes) {
        let named = self.topic_header.as_deref().and_then(|name| event.headers.get(name));
        let topic = named.map_or_else(|| Arc::clone(&self.topic), Arc::from);
        let mut publish = Publish::new(topic, event.body.clone()).qos(self.qos);
        publish.retain = self.retain;
        for (name, value) in event.headers.iter() {
            if Some(name) != self.topic_header.as_deref() {
                publish = publish.with_header(name, value);
            }
        }
        out.add(publish);
    }
}
