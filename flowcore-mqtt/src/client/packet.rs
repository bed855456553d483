use std::sync::Arc;

use super::Reason;
use crate::{Message, Publish, Version};

/// What begins a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connect<'a> {
    pub(crate) version: Version,
    pub(crate) client_id: &'a str,
    pub(crate) login: Option<&'a (String, String)>,
    /// Forget what was before.
    pub(crate) clean: bool,
    /// For how many seconds to remember what is under way when the connection has ended. MQTT 5.
    pub(crate) expiry: u32,
    pub(crate) keep_alive: u16,
    pub(crate) receive_maximum: u16,
    pub(crate) max_packet_size: u32,
    pub(crate) last_will: Option<&'a Arc<Publish>>,
}

/// What a broker says of itself when it lets us in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connected {
    /// It remembers what was under way.
    pub(crate) session_present: bool,
    /// How many publishes it takes before it has answered one.
    pub(crate) receive_maximum: u16,
    pub(crate) max_packet_size: u32,
    /// The highest quality of service that it knows.
    pub(crate) max_qos: u8,
    pub(crate) retains: bool,
    /// Instead of what we wanted, in seconds.
    pub(crate) keep_alive: Option<u16>,
}

/// What a broker sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incoming {
    Connected(Connected),
    /// It does not let us in.
    Refused(Reason),
    Message {
        message: Message,
        id: Option<u16>,
    },
    Answer {
        answer: Answer,
        id: u16,
        reason: Reason,
    },
    Subscribed {
        id: u16,
        reasons: Vec<Reason>,
    },
    Pong,
    /// It ends the connection. MQTT 5.
    Disconnect(Reason),
}

/// The packets that answer a publish, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    /// PUBACK: the end of QoS 1.
    Acknowledged,
    /// PUBREC: the first answer of QoS 2.
    Received,
    /// PUBREL: the publisher's to the first.
    Released,
    /// PUBCOMP: the end of QoS 2.
    Completed,
}
