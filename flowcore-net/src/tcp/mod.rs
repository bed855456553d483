//! What all sources over TCP share: connections up to a limit, and one way into the channels.

mod connection;
mod intake;
mod server;

pub(crate) use connection::{Connection, Io};
pub(crate) use intake::Intake;
pub(crate) use server::Server;
