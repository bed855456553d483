use std::future::{Future, ready};

use super::{Outputs, SpoutError, TaskContext};

/// Where the tuples of a topology come from.
///
/// The engine calls [`next`](Self::next) again and again, unless `max_pending` tuples are under way. It
/// never calls it twice at once, and it drops a waiting `next` only when the topology stops: a `next` that
/// waits for a server's answer will see that answer.
///
/// What `next` emitted is delivered at least once: the engine replays what fails. To be told when a tuple is
/// safe, cover it with a token: see [`Outputs::cover`] and [`Receipts`](crate::base::Receipts).
///
/// ```
/// use flowcore::process::{Emitter, Next, Spout, SpoutError};
///
/// struct Countdown(u64);
///
/// impl Spout for Countdown {
///     type Out = Emitter<u64>;
///
///     async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
///         if self.0 == 0 {
///             return Ok(Next::End);
///         }
///         out.emit(self.0);
///         self.0 -= 1;
///         Ok(Next::More)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a spout",
    note = "implement `Spout` for it: `type Out` and `async fn next`"
)]
pub trait Spout: Send + 'static {
    /// Its outputs: an [`Emitter`](super::Emitter), or a tuple of them.
    type Out: Outputs;

    /// Called once before the first `next`. It may wait for a server: when the topology stops meanwhile, it is
    /// dropped, and `close` is called.
    ///
    /// # Errors
    /// [`SpoutError`]; it says whether to try again.
    fn open(&mut self, _context: &TaskContext) -> impl Future<Output = Result<(), SpoutError>> + Send {
        ready(Ok(()))
    }

    /// Waits for input, emits some tuples and returns. What was emitted leaves when a batch is full, and at
    /// once when the next call has to wait. So wait first and emit then: what a call emits before it waits
    /// stays behind until it returns, but for full batches that it [sends](super::Emitter::send).
    ///
    /// # Errors
    /// [`SpoutError`]; it says whether to try again.
    fn next(&mut self, out: &mut Self::Out) -> impl Future<Output = Result<Next, SpoutError>> + Send;

    /// Called once after the last `next`, when everything emitted was settled or given up: the last receipts
    /// are there. Also after an error, but not after a panic.
    ///
    /// # Errors
    /// [`SpoutError`], which is reported.
    fn close(&mut self) -> impl Future<Output = Result<(), SpoutError>> + Send {
        ready(Ok(()))
    }
}

/// What a spout expects after a call of `next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There may be more: call `next` again.
    More,
    /// The input has ended. When all spouts have ended and all is delivered, the topology ends.
    End,
}
