use flowcore::process::{Emitter, Next, Outputs, Spout, SpoutError, TaskContext};

use flowcore::event::Event;

use super::StreamSourceConfig;
use super::consumer::StreamConsumer;
use crate::Error;

/// Emits the entries of a stream. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_redis::{RedisConfig, StreamSourceConfig, StreamSpout};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = StreamSourceConfig::new(redis, "orders", "count", "count-1");
/// let factory = move || StreamSpout::new(config.clone());
/// # let _ = factory();
/// ```
#[derive(Debug)]
pub struct StreamSpout {
    consumer: StreamConsumer,
}

impl StreamSpout {
    /// Not connected before it opens.
    pub fn new(config: StreamSourceConfig) -> Self {
        Self { consumer: StreamConsumer::new(config) }
    }
}

impl Spout for StreamSpout {
    type Out = Emitter<Event>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.consumer.open(&context.clock).await.map_err(Error::into_spout_error)
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let entries = self.consumer.next().await.map_err(Error::into_spout_error)?;
        out.cover(entries.token);
        for event in entries.events {
            out.emit(event);
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        self.consumer.settle_answered().await.map_err(Error::into_spout_error)
    }
}
