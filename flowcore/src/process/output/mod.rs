//! What a bolt or a spout emits through.

mod buffer;
mod emitter;
mod intake;
mod letters;
mod none;
mod several;
mod stream_time;
mod unanchored;
mod wiring;

pub(crate) use buffer::Cover;
pub use emitter::Emitter;
pub(crate) use emitter::TooManyOutputs;
pub(crate) use intake::{Intake, Look, Payload, Shipped};
pub use none::NoOutput;
pub(crate) use wiring::{Connect, Wiring};

use crate::base::{Timestamp, Token, TokenSet};

/// The outputs of a spout or a bolt: an [`Emitter`], a tuple of two or three of them, or [`NoOutput`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an output of a spout or bolt",
    note = "use `Emitter<T>`, a tuple of emitters such as `(Emitter<A>, Emitter<B>)`, or `NoOutput`"
)]
pub trait Outputs: Wiring {
    /// The stream handles that other components subscribe to.
    type Streams: Send + Sync + 'static;
    /// For spouts: the streams of their dead letters, one for each output. See
    /// [`SpoutBuilder::dead_letters`](super::SpoutBuilder::dead_letters).
    type DeadLetters: Clone + Send + Sync + 'static;

    /// The time, read once a batch.
    fn now(&self) -> Timestamp;

    /// For bolts: takes the token of the tuple in execution. The tuple is not acknowledged when `execute`
    /// returns, but when the token is.
    fn keep(&mut self) -> Token;

    /// The same into a set, as cheap as setting a bit.
    fn keep_in(&mut self, set: &mut TokenSet);

    /// For bolts: begins the [deadline](super::Deadline) of the tuple in execution, and of those it was emitted
    /// with, anew. For work that takes long and is known to get on.
    fn keep_alive(&mut self);

    /// For spouts: `token` answers for everything that is emitted from here to the next `cover` or to the end
    /// of this call of `next`. It is acknowledged when all of that is safe; at once if it is nothing. When
    /// `next` does not come to its end (an error, a panic, a stop while it waits), the last one fails. A tuple
    /// that was given up as a dead letter counts as safe: whoever takes dead letters has it. Bolts have no
    /// use for it: theirs is acknowledged at once.
    fn cover(&mut self, token: Token);
}
