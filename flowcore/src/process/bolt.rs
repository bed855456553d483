use std::future::{Future, ready};

use super::observe::OpenWindows;
use super::upcoming::Upcoming;
use super::{BoltError, Outputs, TaskContext, Tuple};
use crate::base::Timestamp;

/// What is done with each tuple.
///
/// A bolt acknowledges a tuple by returning `Ok`: what it emitted meanwhile is anchored to the tuple, which
/// is safe when all of that is. To answer later, it keeps the tuple's token ([`Outputs::keep`]).
///
/// A bolt with several inputs implements `Bolt` once for each type, with the same `Out`. Then `prepare`,
/// `tick` and `cleanup` of every implementation are called.
///
/// ```
/// use flowcore::process::{Bolt, BoltError, Emitter};
///
/// struct Split;
///
/// impl Bolt<str> for Split {
///     type Out = Emitter<str>;
///
///     async fn execute(&mut self, line: &str, out: &mut Self::Out) -> Result<(), BoltError> {
///         for word in line.split_whitespace() {
///             out.emit(word);
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// The compiler checks that a bolt reads what its stream carries:
///
/// ```compile_fail,E0271
/// use flowcore::process::{Emitter, Next, Spout, SpoutError, TopologyBuilder, for_each};
/// # struct Lines;
/// # impl Spout for Lines {
/// #     type Out = Emitter<str>;
/// #     async fn next(&mut self, _: &mut Self::Out) -> Result<Next, SpoutError> { Ok(Next::End) }
/// # }
/// let mut topology = TopologyBuilder::new("wrong");
/// let lines = topology.spout("lines", || Lines);
/// topology.bolt("numbers", || for_each(|_number: &u64| {})).shuffle(&lines);
/// ```
///
/// And that it can move between threads:
///
/// ```compile_fail,E0277
/// use flowcore::process::{Bolt, BoltError, NoOutput};
/// use std::rc::Rc;
///
/// struct Local(Rc<u64>);
///
/// impl Bolt<str> for Local {
///     type Out = NoOutput;
///
///     async fn execute(&mut self, _line: &str, _out: &mut NoOutput) -> Result<(), BoltError> {
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not process tuples of type `{In}`",
    label = "this stream carries `{In}`",
    note = "implement `Bolt<{In}>` for it, or subscribe to another stream"
)]
pub trait Bolt<In: Tuple + ?Sized>: Send + 'static {
    /// Its outputs: an [`Emitter`](super::Emitter), a tuple of them, or [`NoOutput`](super::NoOutput).
    type Out: Outputs;

    /// Called once before the first tuple.
    ///
    /// # Errors
    /// [`BoltError`]: the task is made anew after a pause, or the topology stops on `Fatal`.
    fn prepare(&mut self, _context: &TaskContext) -> impl Future<Output = Result<(), BoltError>> + Send {
        ready(Ok(()))
    }

    /// Processes one tuple.
    ///
    /// # Errors
    /// [`BoltError`]; it says what becomes of the tuple.
    fn execute(
        &mut self,
        tuple: &In,
        out: &mut Self::Out,
    ) -> impl Future<Output = Result<(), BoltError>> + Send;

    /// Called with some tuples before `execute` is called with each of them, in the same order. A bolt whose work
    /// waits for memory, as with a table much larger than the processor's caches, can begin here to read what it will
    /// need: then it waits for many tuples at once, and not for one after the other. A
    /// [`KeyTable`](super::KeyTable) is made for that. It changes nothing, and `execute` cannot rely on it. If it
    /// panics, nothing comes of it.
    ///
    /// Returns whether it is worth it: after `false`, the rest of the batch is not shown.
    ///
    /// ```
    /// use flowcore::process::{Bolt, BoltError, KeyTable, NoOutput};
    ///
    /// struct Count(KeyTable<u64, u64>);
    ///
    /// impl Bolt<u64> for Count {
    ///     type Out = NoOutput;
    ///
    ///     fn look_ahead(&self, key: &u64) -> bool {
    ///         self.0.look_ahead(key)
    ///     }
    ///
    ///     async fn execute(&mut self, key: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
    ///         *self.0.get_or_insert_with(*key, || 0) += 1;
    ///         Ok(())
    ///     }
    /// }
    /// ```
    #[inline]
    fn look_ahead(&self, _tuple: &In) -> bool {
        false
    }

    /// Executes as many of the next tuples as it can without waiting, failing or emitting anything. Returns the
    /// place of the tuple before which it is not to be asked again: those before it are for `execute`.
    #[doc(hidden)]
    #[inline]
    fn execute_plain(&mut self, _tuples: &mut Upcoming<'_, In>, _out: &mut Self::Out) -> u32 {
        u32::MAX
    }

    /// Called between batches when the tick of its task is due (`tick_every` on the builder) or the instant
    /// that [`wake_at`](Self::wake_at) gave has come. Ticks that were missed are merged into one.
    ///
    /// # Errors
    /// [`BoltError`]: the task is made anew.
    fn tick(
        &mut self,
        _now: Timestamp,
        _out: &mut Self::Out,
    ) -> impl Future<Output = Result<(), BoltError>> + Send {
        ready(Ok(()))
    }

    /// Called between batches when the task's watermark has advanced: the smallest one of its inputs that
    /// have event time and are not idle. No tuple with an earlier timestamp is expected any more, and one that
    /// comes all the same is late. It only grows; a task that is made anew is told where it stands. When all of
    /// these inputs have come to their end it is [`Timestamp::MAX`], before `cleanup`; when the topology is
    /// stopped, it is not. What is emitted here arrives downstream before the watermark does. See
    /// [`EventTime`](super::time::EventTime).
    ///
    /// # Errors
    /// [`BoltError`]: the task is made anew.
    fn on_watermark(
        &mut self,
        _watermark: Timestamp,
        _out: &mut Self::Out,
    ) -> impl Future<Output = Result<(), BoltError>> + Send {
        ready(Ok(()))
    }

    /// When `tick` is to be called though nothing arrives. Asked after every batch and tick.
    fn wake_at(&self) -> Option<Timestamp> {
        None
    }

    /// `true` when it holds all it may: the task takes no more input until a tick has made room.
    fn is_full(&self) -> bool {
        false
    }

    /// Reports the windows that are open: to explain why they are, and to warn when one is overdue. Asked
    /// between batches, now and then, not for every batch. A bolt with several types of input reports each
    /// window in one of its implementations.
    fn open_windows(&self, windows: &mut OpenWindows) {
        windows.keeps_none();
    }

    /// Called once when all inputs have ended. It may still emit.
    ///
    /// # Errors
    /// [`BoltError`], which is reported.
    fn cleanup(&mut self, _out: &mut Self::Out) -> impl Future<Output = Result<(), BoltError>> + Send {
        ready(Ok(()))
    }
}
