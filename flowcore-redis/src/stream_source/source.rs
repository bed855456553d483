use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{Batch, ChannelWriter, ComponentContext, PutErrorKind, Source, SourceError};

use super::StreamSourceConfig;
use super::consumer::{Entries, StreamConsumer};

/// Puts the entries of a stream into channels.
///
/// An entry is acknowledged when it was delivered from every channel; one that was not is read again. See
/// the [module](super).
///
/// ```
/// use flowcore_redis::{RedisConfig, StreamSource, StreamSourceConfig};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let source = StreamSource::new(StreamSourceConfig::new(redis, "orders", "agents", "agent-1"));
/// # let _ = source;
/// ```
#[derive(Debug)]
pub struct StreamSource {
    consumer: StreamConsumer,
    outstanding_limit: usize,
}

impl StreamSource {
    /// Not connected before it starts.
    pub fn new(config: StreamSourceConfig) -> Self {
        let outstanding_limit = config.max_pending.div_ceil(config.batch);
        Self { consumer: StreamConsumer::new(config), outstanding_limit }
    }

    async fn step(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        if self.consumer.outstanding() >= self.outstanding_limit {
            tokio::select! {
                settled = self.consumer.settle_next() => settled?,
                () = out.stopping() => {}
            }
            return Ok(());
        }
        let Entries { events, token } = tokio::select! {
            entries = self.consumer.next() => entries?,
            () = out.stopping() => return Ok(()),
        };
        match out.put(Batch::new(events, token)).await {
            Ok(()) => Ok(()),
            // The token failed with the batch: its entries stay unacknowledged.
            Err(_) if out.is_stopping() => Ok(()),
            Err(refused) if refused.kind == PutErrorKind::TooLarge => Err(SourceError::fatal(refused)),
            Err(refused) => Err(SourceError::retry(refused)),
        }
    }
}

#[async_trait]
impl Source<Event> for StreamSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        Ok(self.consumer.open(&context.clock).await?)
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        while !out.is_stopping() {
            self.step(out).await?;
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        Ok(self.consumer.settle_answered().await?)
    }
}
