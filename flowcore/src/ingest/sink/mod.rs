//! Sinks: where events go.

mod logger;
mod null;
mod rolling_file;
mod serializer;

use async_trait::async_trait;

use super::{ComponentContext, SinkError};
use crate::event::Event;

pub use logger::LoggerSink;
pub use null::{NullSink, SinkCount};
pub use rolling_file::{FileNames, RollingFileError, RollingFileSink};
pub use serializer::{EventSerializer, HeaderAndTextSerializer, TextSerializer};

/// Where events go.
///
/// The agent takes a batch from the channel, calls [`deliver`](Self::deliver), and commits the take when it
/// returns `Ok`. On an error the take is rolled back and the same events come again after a pause; after a
/// panic too, to a new sink from the factory.
#[async_trait]
pub trait Sink<T: Send + 'static = Event>: Send + 'static {
    /// Opens what it writes to.
    ///
    /// # Errors
    /// [`SinkError`]; it says whether to try again.
    async fn start(&mut self, _context: &ComponentContext) -> Result<(), SinkError> {
        Ok(())
    }

    /// Delivers all of `events`, in their order. `Ok` says that they are safe where they went to. After an
    /// error some of them may be there already: they come again.
    ///
    /// # Errors
    /// [`SinkError`]; it says whether to try again.
    async fn deliver(&mut self, events: &[T]) -> Result<(), SinkError>;

    /// Whether its calls keep the thread that they run on, since they wait for a disk or for a library that does
    /// not know of tasks (default false). An agent in a runtime of several threads then gives it one of its own,
    /// which the sinks of a group share.
    fn blocks(&self) -> bool {
        false
    }

    /// Called once at the end.
    ///
    /// # Errors
    /// [`SinkError`], which is reported.
    async fn stop(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
