use std::path::PathBuf;
use std::time::Duration;

use super::Access;

/// What a broker is made of.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// Where retained messages and sessions lie, in `retained.redb`.
    pub dir: PathBuf,
    /// Who may do what.
    pub access: Access,
    /// What it takes at most.
    pub limits: Limits,
}

/// What a broker takes at most. Who wants more is refused, loses, or is disconnected; each field says which.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Clients at a time; more wait in the system's queue.
    pub connections: usize,
    /// Of these, clients without a name; more are told that the server is busy. So there is always room for
    /// the pump.
    pub anonymous: usize,
    /// Sessions, with those whose client is away. For a new one the oldest anonymous one that is away ends.
    pub sessions: usize,
    /// Bytes of a packet from who may publish. A larger one ends the connection.
    pub packet: u32,
    /// Bytes of a packet from who may not.
    pub reader_packet: u32,
    /// Subscriptions of a client; more are refused.
    pub subscriptions: usize,
    /// Bytes of a topic or filter; a longer one ends the connection.
    pub topic_bytes: usize,
    /// Levels of a topic or filter; more end the connection.
    pub topic_levels: usize,
    /// Retained topics; a message for one more is refused.
    pub retained: usize,
    /// Bytes of all retained messages; a message beyond them is refused.
    pub retained_bytes: usize,
    /// Messages of QoS 1 and 2 that are sent to a client and not acknowledged.
    pub in_flight: u16,
    /// Messages and bytes that wait for a client with a name. Where they are exceeded, messages of QoS 0 are
    /// lost, with QoS 1 and 2 a client that is there is disconnected, and one that is away loses the message.
    pub queue: Queue,
    /// The same for clients without a name.
    pub anonymous_queue: Queue,
    /// Messages and bytes of QoS 0 that are on their way to one client; more are lost.
    pub outbox: Queue,
    /// Time for the handshakes: the websocket's and MQTT's.
    pub connect_time: Duration,
    /// A client that takes no bytes for so long is disconnected.
    pub stall: Duration,
    /// The longest a session of an anonymous client is kept when it is away.
    pub anonymous_expiry: Duration,
}

/// The limits of a queue.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    /// Messages.
    pub messages: usize,
    /// Bytes of topics and payloads. A message that waits for many is in memory once, but counts for each.
    pub bytes: usize,
}

impl Default for Limits {
    /// 512 clients, packets up to 1 MiB, a month of the grid's messages for who is away.
    fn default() -> Self {
        Self {
            connections: 512,
            anonymous: 448,
            sessions: 600,
            packet: 1 << 20,
            reader_packet: 16 << 10,
            subscriptions: 32,
            topic_bytes: 1024,
            topic_levels: 16,
            retained: 1000,
            retained_bytes: 32 << 20,
            in_flight: 100,
            queue: Queue { messages: 100_000, bytes: 64 << 20 },
            anonymous_queue: Queue { messages: 10_000, bytes: 16 << 20 },
            outbox: Queue { messages: 10_000, bytes: 8 << 20 },
            connect_time: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            anonymous_expiry: Duration::from_hours(1),
        }
    }
}
