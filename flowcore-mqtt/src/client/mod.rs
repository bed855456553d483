//! The seam to the protocol library: packets to bytes and bytes to packets, and nothing else.
//!
//! Nowhere else is the library named. Of it we use the packets alone. What is under way, in which order it is
//! answered and what is sent again are ours: they outlive a connection, and a session that the broker forgot.
//! Publishes and their answers, which are most of what is written, are written straight into the buffer.

mod decode;
mod encode;
mod frame;
mod packet;
mod reason;

pub(crate) use decode::UNLIMITED;
pub(crate) use decode::decode;
pub(crate) use encode::{answer, connect, disconnect, ping, publish, publish_size, subscribe};
pub(crate) use frame::{Frame, FrameError, next_frame};
pub(crate) use packet::{Answer, Connect, Connected, Incoming};
pub(crate) use reason::Reason;

/// What came was no packet of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("packet of type {0} with a bad content ({1})")]
    Packet(u8, String),
    #[error("packet of type {0} with wrong flags")]
    Flags(u8),
    #[error("packet of type {0}, which a broker does not send")]
    Type(u8),
}

/// What was to be sent is no packet of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no packet can be made of it ({0})")]
pub(crate) struct Unsendable(String);
