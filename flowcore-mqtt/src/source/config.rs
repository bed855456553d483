use std::sync::Arc;

use crate::{MqttConfig, QoS};

/// What an [`MqttSource`](super::MqttSource) or an [`MqttSpout`](super::MqttSpout) subscribes to.
///
/// ```
/// use flowcore_mqtt::{MqttConfig, MqttSourceConfig, QoS, Session};
/// use std::time::Duration;
///
/// let day = Duration::from_secs(24 * 60 * 60);
/// let mqtt = MqttConfig::new("mqtt://127.0.0.1").client_id("archive").session(Session::Persistent(day));
/// let config = MqttSourceConfig::new(mqtt)
///     .subscribe("house/+/temperature", QoS::AtLeastOnce)
///     .subscribe("$share/archive/house/log/#", QoS::ExactlyOnce);
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct MqttSourceConfig {
    pub(super) mqtt: MqttConfig,
    pub(super) filters: Vec<(String, QoS)>,
    pub(super) batch: usize,
    pub(super) topic_header: Option<Arc<str>>,
}

impl MqttSourceConfig {
    /// Nothing yet: subscribe to at least one filter.
    pub fn new(mqtt: MqttConfig) -> Self {
        Self { mqtt, filters: Vec::new(), batch: 256, topic_header: Some("topic".into()) }
    }

    /// One more filter. A level may be `+`, the last one `#`. Messages come with `qos` at most. What matches
    /// several filters may come several times, as the broker likes.
    #[must_use]
    pub fn subscribe(mut self, filter: impl Into<String>, qos: QoS) -> Self {
        self.filters.push((filter.into(), qos));
        self
    }

    /// Messages that are handed on and settled together, at least 1. Default 256.
    #[must_use]
    pub fn batch(mut self, messages: usize) -> Self {
        self.batch = messages.max(1);
        self
    }

    /// The header of an event that holds the topic. Default `topic`. A spout's messages have it by themselves.
    #[must_use]
    pub fn topic_header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.topic_header = Some(name.into());
        self
    }

    /// What the component is called in errors.
    pub(super) fn subject(&self) -> String {
        let names: Vec<_> = self.filters.iter().map(|(filter, _)| filter.as_str()).collect();
        format!("subscription to {}", names.join(", "))
    }
}
