use std::sync::Arc;

use bytes::Bytes;

use crate::QoS;

/// A message that is to be published.
///
/// ```
/// use flowcore_mqtt::{Publish, QoS};
///
/// let publish = Publish::new("house/kitchen/temperature", "21.5").retained();
/// assert_eq!((publish.qos, publish.retain), (QoS::AtLeastOnce, true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Where to. Without wildcards.
    pub topic: Arc<str>,
    /// Its content.
    pub payload: Bytes,
    /// Default [`QoS::AtLeastOnce`].
    pub qos: QoS,
    /// Whether the broker keeps it for those who subscribe later; an empty payload removes what it has.
    pub retain: bool,
    /// MQTT 5: user properties. Not sent with 3.1.1, which has none.
    pub headers: Vec<(Arc<str>, Arc<str>)>,
}

impl Publish {
    /// At least once, not retained.
    pub fn new(topic: impl Into<Arc<str>>, payload: impl Into<Bytes>) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.into(),
            qos: QoS::AtLeastOnce,
            retain: false,
            headers: Vec::new(),
        }
    }

    /// With this quality of service.
    #[must_use]
    pub fn qos(mut self, qos: QoS) -> Self {
        self.qos = qos;
        self
    }

    /// The broker is to keep it.
    #[must_use]
    pub fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    /// With one more user property.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
