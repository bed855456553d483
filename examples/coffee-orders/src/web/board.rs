use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::packet::{Dimension, Statistics};

/// What the web server shows: the counts of closed buckets and of the one that is being filled.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use async_trait::async_trait;
/// use coffee_orders::packet::{Dimension, Statistics};
/// use coffee_orders::web::{Board, BoardError};
/// use tokio::sync::broadcast;
///
/// /// A shop that never sells anything.
/// struct Closed {
///     branches: Vec<String>,
///     live: broadcast::Sender<Arc<Statistics>>,
/// }
///
/// #[async_trait]
/// impl Board for Closed {
///     fn branches(&self) -> &[String] {
///         &self.branches
///     }
///
///     fn bucket(&self) -> Duration {
///         Duration::from_secs(30)
///     }
///
///     async fn history(
///         &self,
///         branch: &str,
///         dimension: Dimension,
///         count: usize,
///     ) -> Result<Vec<Statistics>, BoardError> {
///         let date = |bucket| format!("201409281200{bucket:02}");
///         let empty = |date| Statistics { branch: branch.to_owned(), dimension, date, counts: Vec::new() };
///         Ok((0..count).map(date).map(empty).collect())
///     }
///
///     fn live(&self) -> broadcast::Receiver<Arc<Statistics>> {
///         self.live.subscribe()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), BoardError> {
/// let closed = Closed { branches: vec!["all".to_owned()], live: broadcast::channel(64).0 };
/// assert_eq!(closed.history("all", Dimension::Orders, 20).await?.len(), 20);
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Board: Send + Sync + 'static {
    /// The branches that can be asked for, in the order in which they are shown, `all` first.
    fn branches(&self) -> &[String];

    /// The length of a bucket.
    fn bucket(&self) -> Duration;

    /// The last `count` buckets, oldest first, the one that is being filled last: exactly `count` entries, a
    /// bucket's length apart, without counts where nothing came. It holds at least what [`live`](Self::live)
    /// has sent before the call.
    ///
    /// # Errors
    /// [`BoardError`] when the store cannot be read.
    async fn history(
        &self,
        branch: &str,
        dimension: Dimension,
        count: usize,
    ) -> Result<Vec<Statistics>, BoardError>;

    /// Everything that is published from now on, each time the whole bucket. A receiver that falls behind
    /// loses the oldest: it then asks for the [`history`](Self::history). When the board has ended, so has
    /// the receiver.
    fn live(&self) -> broadcast::Receiver<Arc<Statistics>>;
}

/// The store behind a board could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the statistics cannot be read")]
pub struct BoardError {
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

impl BoardError {
    /// With its cause.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }
}
