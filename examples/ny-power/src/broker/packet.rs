//! What clients and broker say to each other, whatever the version of the protocol.

use std::sync::Arc;

use flowcore::base::Timestamp;
use mqtt_protocol_core::mqtt::ArcPayload;
use mqtt_protocol_core::mqtt::packet::{Property, Qos, RetainHandling};

/// The version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V311,
    V5,
}

/// What is published. Shared by all who get it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) topic: String,
    pub(super) payload: ArcPayload,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    /// Those of version 5 that are forwarded as they are.
    pub(super) properties: Vec<Property>,
    /// When it is of no use any more.
    pub(super) expires: Option<Timestamp>,
}

impl Message {
    /// What it counts in queues.
    pub(super) fn bytes(&self) -> usize {
        let properties: usize = self.properties.iter().map(Property::size).sum();
        self.topic.len() + self.payload.len() + properties
    }
}

/// The first packet.
#[derive(Debug)]
pub(super) struct Connect {
    pub(super) version: Version,
    pub(super) client: String,
    pub(super) clean: bool,
    /// Seconds; 0 for no limit.
    pub(super) keep_alive: u16,
    pub(super) user: Option<String>,
    pub(super) password: Option<Vec<u8>>,
    pub(super) will: Option<Will>,
    /// Seconds that the session is kept after the client left; `u32::MAX` for ever.
    pub(super) expiry: u32,
    /// Messages that the client takes without acknowledging.
    pub(super) receive_maximum: u16,
    /// Bytes of a packet that the client takes.
    pub(super) packet_maximum: u32,
}

/// What is published for a client that is lost.
#[derive(Debug)]
pub(super) struct Will {
    pub(super) message: Arc<Message>,
    /// Seconds.
    pub(super) delay: u32,
}

/// What a client says after CONNECT.
#[derive(Debug)]
pub(super) enum Request {
    Publish {
        message: Arc<Message>,
        id: u16,
    },
    /// One that its sender may not publish: it is answered, and has no effect.
    Refused {
        qos: Qos,
        id: u16,
    },
    PubAck(u16),
    PubRec {
        id: u16,
        taken: bool,
    },
    PubRel(u16),
    PubComp(u16),
    Subscribe {
        id: u16,
        filters: Vec<(String, Options)>,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    Ping,
    /// The will is published when `lost`.
    Disconnect {
        lost: bool,
        expiry: Option<u32>,
    },
}

/// The options of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) qos: Qos,
    pub(super) no_local: bool,
    pub(super) retain_as_published: bool,
    pub(super) retain_handling: RetainHandling,
    pub(super) identifier: Option<u32>,
}

/// What the broker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Welcome(Welcome),
    /// A refused CONNECT.
    Refuse(Reason),
    Publish(Delivery),
    PubAck(u16, Reason),
    PubRec(u16, Reason),
    PubRel(u16, Reason),
    PubComp(u16),
    SubAck(u16, Vec<u8>),
    UnsubAck(u16, Vec<u8>),
    Pong,
    /// Version 5 only; the others learn nothing.
    Disconnect(Reason),
}

/// CONNACK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Welcome {
    pub(super) session_present: bool,
    /// The name that a client without one was given.
    pub(super) assigned: Option<String>,
    /// Where it differs from what the client asked for.
    pub(super) expiry: Option<u32>,
    /// Bytes of a packet that the broker takes.
    pub(super) packet_maximum: u32,
}

/// A message on its way to one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) message: Arc<Message>,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) again: bool,
    /// 0 with QoS 0.
    pub(super) id: u16,
    pub(super) subscriptions: Vec<u32>,
    /// Seconds that it is still of use.
    pub(super) expiry: Option<u32>,
}

/// Reason codes of version 5, and what 3.1.1 has for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Success = 0x00,
    NoMatchingSubscribers = 0x10,
    MalformedPacket = 0x81,
    ProtocolError = 0x82,
    UnsupportedProtocolVersion = 0x84,
    ClientIdentifierNotValid = 0x85,
    NotAuthorized = 0x87,
    ServerBusy = 0x89,
    ServerShuttingDown = 0x8b,
    BadAuthenticationMethod = 0x8c,
    KeepAliveTimeout = 0x8d,
    SessionTakenOver = 0x8e,
    TopicFilterInvalid = 0x8f,
    TopicNameInvalid = 0x90,
    PacketIdentifierNotFound = 0x92,
    TopicAliasInvalid = 0x94,
    PacketTooLarge = 0x95,
    QuotaExceeded = 0x97,
}
