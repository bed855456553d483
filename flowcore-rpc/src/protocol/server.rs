use std::error::Error;
use std::fmt::Debug;

use flowcore::event::Event;

use super::{Decoder, Layers};
use crate::ListenConfig;

/// A protocol as its server speaks it: the configuration of a source.
pub trait ServerProtocol: Layers + Debug + Send + Sync + 'static {
    /// For the names of tasks and in the log.
    const NAME: &'static str;
    /// What servers say about a put, in errors.
    type Status: Debug + Send + Sync + 'static;
    /// The talk with one peer.
    type Session: Session;

    /// Where it listens, and to how many.
    fn listen(&self) -> &ListenConfig;

    /// For a peer that has said nothing yet.
    fn session(&self) -> Self::Session;
}

/// What one peer has said so far: understands its frames and words the answers.
pub trait Session: Send + 'static {
    /// Cuts what the peer sends.
    type Decoder: Decoder;
    /// Which call is answered.
    type Call: Send + Sync;
    /// Why a frame makes no sense: the connection is of no use any more.
    type Error: Error + Send + Sync + 'static;

    /// For this peer's bytes.
    fn decoder(&self) -> Self::Decoder;

    /// Reads a frame. What needs no put is answered into `out`.
    ///
    /// # Errors
    /// When the peer broke the protocol.
    fn read(
        &mut self,
        frame: &<Self::Decoder as Decoder>::Frame,
        out: &mut Vec<u8>,
    ) -> Result<Step<Self::Call>, Self::Error>;

    /// Appends to `out` how the put of this call went.
    ///
    /// # Errors
    /// When the answer cannot be worded.
    fn answer(&mut self, call: &Self::Call, outcome: Outcome, out: &mut Vec<u8>) -> Result<(), Self::Error>;
}

/// What is to be done about a frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<C> {
    /// Put these events; then [`Session::answer`] tells how it went.
    Put(C, Vec<Event>),
    /// Nothing: the answer is written.
    Answered,
}

/// How a put went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All required channels have the events.
    Committed,
    /// Nothing of the call is known to be safe: the sender has to send it again.
    Refused,
}
