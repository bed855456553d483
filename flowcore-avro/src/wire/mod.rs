//! The bytes of Flume's Avro RPC, without any input or output: frames, handshake, calls, events.
//!
//! Everything that decodes takes bytes from a peer that may be hostile: it allocates only for what has
//! arrived, never for what a length claims, and answers with a [`WireError`].

mod blocks;
mod call;
mod error;
mod event;
mod frame;
mod handshake;
mod limits;
mod protocol;
mod reader;
pub(crate) mod writer;

pub use call::{
    Call, Reply, Status, append_batch, error_reply, parse_reply, ping_reply, read_call, status_reply,
};
pub use error::WireError;
pub use event::EventDecoder;
pub(crate) use event::write_event;
pub use flowcore_rpc::Decoder;
pub use frame::{Frame, FrameDecoder, begin_frame, end_frame};
pub use handshake::{HandshakeRequest, HandshakeResponse, Match, Md5};
pub use limits::Limits;
pub use protocol::{HASH, HASH_WITHOUT_DOC, TEXT, is_known, text_without_doc, understands};
pub use reader::Reader;
