//! Publishes events.
//!
//! - **Delivered when** the broker has answered all messages of the batch (QoS 1: PUBACK, QoS 2: PUBCOMP), or
//!   they are written (QoS 0). Many are under way at once.
//! - **What can repeat:** messages whose answer was lost, when the connection or the sink is made anew. At
//!   QoS 2 not while the broker remembers the session: with MQTT 5 for a minute, or with
//!   [`Session::Persistent`](crate::Session::Persistent). A batch that failed is published again as a whole.
//! - **Order** is that of the events. What was not answered goes again first, before anything new.
//! - **When the broker is away** a delivery waits for it, with bounded pauses, up to the patience of
//!   [`MqttConfig`](crate::MqttConfig); then it fails with an error that may pass.

mod config;
mod mqtt_sink;

pub use config::MqttSinkConfig;
pub use mqtt_sink::MqttSink;
pub(crate) use mqtt_sink::PATIENCE;
