//! What a protocol says of itself: how bytes become frames, frames calls, and outcomes bytes. It does no input
//! or output, and is told of one connection alone.

mod client;
mod decoder;
mod layers;
mod server;

pub use client::{Answer, ClientProtocol, Exchange};
pub use decoder::Decoder;
pub use layers::{Io, Layers, Stream};
pub use server::{Outcome, ServerProtocol, Session, Step};
