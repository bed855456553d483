//! The bytes of Flume's Thrift RPC, without any input or output: frames, messages, events, in the compact and
//! the binary protocol.
//!
//! Everything that decodes takes bytes from a peer that may be hostile: it allocates only for what has
//! arrived, never for what a length claims, and answers with a [`WireError`].

mod binary;
mod call;
mod compact;
mod encoding;
mod error;
mod event;
mod frame;
mod limits;
mod message;
mod protocol;
mod reader;
mod reply;
mod skip;

pub use call::{Call, Request, append_batch, read_request};
pub use error::WireError;
pub use event::EventDecoder;
pub use flowcore_rpc::Decoder;
pub use frame::{FrameDecoder, begin_frame, end_frame};
pub use limits::Limits;
pub use protocol::Protocol;
pub use reply::{Failure, Reply, Status, read_reply, write_failure, write_status};
