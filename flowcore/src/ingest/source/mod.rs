//! Sources: where events come from.

mod exec;
mod seq;
mod stress;
pub mod tail;

use async_trait::async_trait;

use super::{ChannelWriter, ComponentContext, SourceError};
use crate::event::Event;

pub use exec::{ExecError, ExecSource};
pub use seq::SeqSource;
pub use stress::StressSource;
pub use tail::TailSource;

/// Where events come from.
///
/// The agent makes it with its factory, calls [`start`](Self::start), then [`run`](Self::run), and at the
/// end [`stop`](Self::stop). After an error or a panic it is thrown away and made anew after a pause.
#[async_trait]
pub trait Source<T: Send + 'static = Event>: Send + 'static {
    /// Opens what it reads from.
    ///
    /// # Errors
    /// [`SourceError`]; it says whether to try again.
    async fn start(&mut self, _context: &ComponentContext) -> Result<(), SourceError> {
        Ok(())
    }

    /// Puts events into `out` until the input ends or [`ChannelWriter::stopping`] says so. A run that does
    /// not return then is dropped when the grace period is over.
    ///
    /// # Errors
    /// [`SourceError`]; it says whether to try again.
    async fn run(&mut self, out: &mut ChannelWriter<T>) -> Result<(), SourceError>;

    /// Whether its run keeps the thread that it is on, since it waits for a disk or for a library that does not
    /// know of tasks (default false). An agent in a runtime of several threads then gives it one of its own.
    fn blocks(&self) -> bool {
        false
    }

    /// Called once more after what it put has been delivered or given up: the last receipts are there.
    ///
    /// # Errors
    /// [`SourceError`], which is reported.
    async fn stop(&mut self) -> Result<(), SourceError> {
        Ok(())
    }
}
