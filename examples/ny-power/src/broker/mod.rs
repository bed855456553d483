//! A small MQTT broker for this program: 3.1.1 and 5, over TCP and over websockets, without anything else.
//!
//! - **Quality**: QoS 0, 1 and 2, in and out. What one client publishes reaches each subscriber in its order,
//!   also across topics and qualities; what is sent again after a reconnect keeps its place.
//! - **Retained messages** are on disk before anybody gets them and before they are acknowledged: after a
//!   crash, no subscriber sees a topic go back. All that came in meanwhile is written at once.
//! - **Sessions** that a client of a user with a name wants to keep survive the broker: subscriptions, the
//!   messages of QoS 1 and 2 that it has not acknowledged, in their order, and ids of QoS 2. They are on disk
//!   before what made them is acknowledged or forwarded. After a crash, what the client acknowledged in the last
//!   second may come again with QoS 1, and does not with QoS 2; nothing is lost. Sessions of anonymous clients
//!   survive the client, not the broker. Wills and messages of QoS 0 do not survive it either.
//! - **Access** is in [`Access`]: a subscription is always granted, and messages that the client may not read
//!   do not come. A message that it may not publish has no effect; version 5 says so. Clients of different
//!   users have sessions apart, whatever they call themselves.
//! - **Limits** are in [`Limits`]. A client that is too slow loses messages of QoS 0; for QoS 1 and 2 there is
//!   a queue, and when it is full the client is disconnected. For one that is away, messages beyond the
//!   queue are lost, and the log says how many.
//! - **Left out**: aliases for topics, enhanced authentication, request and response information, bridges.
//!   These are not offered to clients, so clients do not ask for them. A message that went to one member of
//!   a group (`$share`) stays that member's, also when its session ends.

mod access;
mod config;
mod connection;
mod core;
mod decode;
mod decode_connect;
mod encode;
mod error;
mod fault_log;
#[cfg(test)]
mod fuzz;
mod hub;
mod kept;
#[cfg(test)]
mod model;
#[cfg(test)]
mod model_restart;
mod mosquitto;
mod outbox;
mod outgoing;
mod packet;
mod record;
mod retained;
mod route;
mod server;
mod session;
mod store;
mod subscribe;
mod subscriptions;
mod sys;
mod topic;
mod transport;

pub use access::{Access, PUMP, Rights};
pub use config::{BrokerConfig, Limits, Queue};
pub use error::BrokerError;
pub use mosquitto::{Mosquitto, MosquittoError};
pub use server::{Broker, listen};
