//! What the broker says of itself, below `$SYS/broker`.

use std::sync::Arc;

use flowcore::base::Timestamp;
use mqtt_protocol_core::mqtt::IntoPayload;
use mqtt_protocol_core::mqtt::packet::Qos;

use super::hub::{Effects, Hub};
use super::packet::Message;

/// Ticks between two of them.
const EVERY: u64 = 10;

impl Hub {
    /// At the first tick, and then at each tenth.
    pub(super) fn publish_state(&mut self, now: Timestamp, effects: &mut Effects) {
        let is_turn = self.counts.ticks.is_multiple_of(EVERY);
        self.counts.ticks += 1;
        if !is_turn {
            return;
        }
        let version = format!("ny-power version {}", env!("CARGO_PKG_VERSION"));
        for (topic, value) in [
            ("$SYS/broker/version", version),
            ("$SYS/broker/clients/connected", self.connections.len().to_string()),
            ("$SYS/broker/messages/received", self.counts.received.to_string()),
            ("$SYS/broker/messages/sent", self.counts.sent.to_string()),
        ] {
            let message = Message {
                topic: topic.to_owned(),
                payload: value.into_payload(),
                qos: Qos::AtMostOnce,
                retain: true,
                properties: Vec::new(),
                expires: None,
            };
            self.publish(&Arc::new(message), None, now, effects);
        }
    }
}
