//! Publishes tuples.
//!
//! - **A tuple is acknowledged when** the broker has answered all of its messages (QoS 1: PUBACK, QoS 2:
//!   PUBCOMP), or they are written (QoS 0). The bolt does not wait for that: the next tuples' messages are under
//!   way meanwhile, up to [`max_in_flight`](crate::MqttConfig::max_in_flight).
//! - **What can repeat:** messages whose answer was lost, when the connection or the task is made anew. At
//!   QoS 2 not while the broker remembers the session: with MQTT 5 for a minute, or with
//!   [`Session::Persistent`](crate::Session::Persistent).
//! - **Order** is that of the tuples and, for each, that of its messages. What was not answered goes again
//!   first, before anything new; so a last message says that those before it arrived.
//! - **When the broker is away** it tries to connect for ever, with bounded pauses, and takes no more than it
//!   may hold. With a patience, tuples that waited longer fail and are replayed: then order ends.
//! - **What is refused:** a bad topic or a message that is too large makes its tuple a dead letter. A quota
//!   makes it fail, to be tried again. A missing permission stops the topology (MQTT 3.1.1 does not tell).

mod mqtt_bolt;

pub use mqtt_bolt::MqttBolt;
