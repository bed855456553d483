/// How a message is delivered between a client and a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum QoS {
    /// Sent once and not answered.
    AtMostOnce,
    /// Sent until it is answered.
    #[default]
    AtLeastOnce,
    /// Sent until it is answered, and taken once: a handshake of four packets.
    ExactlyOnce,
}

impl QoS {
    /// As it goes over the wire.
    pub(crate) fn level(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
            Self::ExactlyOnce => 2,
        }
    }
}
