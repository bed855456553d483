use std::error::Error;
use std::fmt::Debug;

use flowcore::event::Event;

use super::{Decoder, Layers};
use crate::ConnectConfig;

/// A protocol as its client speaks it: the configuration of a sink.
pub trait ClientProtocol: Layers + Debug + Send + Sync + 'static {
    /// The talk with one server.
    type Exchange: Exchange;

    /// Which servers, and how long they are waited for.
    fn connect(&self) -> &ConnectConfig;

    /// For a server that has said nothing yet.
    fn exchange(&self) -> Self::Exchange;

    /// How many of these events, from the first, one call can have; at least one is sent. All of them, unless a
    /// protocol says otherwise.
    fn fitting(&self, events: &[Event]) -> usize {
        events.len()
    }
}

/// What one server has said so far: words the calls and understands the answers.
pub trait Exchange: Send + 'static {
    /// Cuts what the server sends.
    type Decoder: Decoder;
    /// What servers say about a put.
    type Status: Debug + Send + Sync + 'static;
    /// Why a frame is no answer: the connection is of no use any more.
    type Error: Error + Send + Sync + 'static;

    /// For this server's bytes.
    fn decoder(&self) -> Self::Decoder;

    /// Appends a call with these events.
    ///
    /// # Errors
    /// When they make a call that is too long.
    fn ask(&mut self, events: &[Event], out: &mut Vec<u8>) -> Result<(), Self::Error>;

    /// Reads an answer to the last call.
    ///
    /// # Errors
    /// When the server broke the protocol.
    fn hear(
        &mut self,
        frame: &<Self::Decoder as Decoder>::Frame,
    ) -> Result<Answer<Self::Status>, Self::Error>;
}

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer<S> {
    /// The server's channels have the events.
    Taken,
    /// They do not.
    NotTaken(S),
    /// The server could not execute the call: in its words.
    Error(String),
    /// The call was not executed: to be asked once more.
    Again,
    /// An answer to something else.
    Stray,
    /// The server does not know the protocol, though it has been told.
    Stranger,
}
