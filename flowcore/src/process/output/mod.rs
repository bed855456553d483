//! What a bolt or a spout emits through.

mod emitter;

pub use emitter::Emitter;

use crate::base::{Timestamp, Token, TokenSet};

/// The outputs of a spout or a bolt: an [`Emitter`], a tuple of them, or [`NoOutput`].
pub trait Outputs: Send + Sized + 'static {
    /// The stream handles that other components subscribe to.
    type Streams;

    /// The time, read once a batch.
    fn now(&self) -> Timestamp;

    /// For bolts: takes the token of the tuple in execution. The tuple is not acknowledged when `execute`
    /// returns, but when the token is.
    fn keep(&mut self) -> Token;

    /// The same into a set, as cheap as setting a bit.
    fn keep_in(&mut self, set: &mut TokenSet);

    /// For spouts: `token` is acknowledged when everything that was emitted since the last `cover`, or since
    /// this call of `next` began, is safe. A tuple that was given up as a dead letter counts as safe: whoever
    /// takes dead letters has it.
    fn cover(&mut self, token: Token);
}

/// For bolts at the end of a topology: they emit nothing.
#[derive(Debug, Default)]
pub struct NoOutput {}
