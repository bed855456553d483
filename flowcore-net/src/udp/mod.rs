//! What all sources over UDP share: the socket is always read, and what finds no room is counted.

mod lost;
mod server;

pub use lost::LostEvents;
pub(crate) use server::{Datagram, Server};
