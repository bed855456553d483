use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{Batch, ChannelWriter, ComponentContext, PutErrorKind, Source, SourceError};

use super::reader::Taken;
use super::{ListConsumer, ListConsumerConfig};
use crate::Error;

/// Puts the entries of a list into channels, each as an [`Event`] without headers.
///
/// An entry is acknowledged when it was delivered from every channel; one that was not goes back to the
/// queue. See the [module](super).
///
/// ```
/// use flowcore_redis::{ListConsumerConfig, ListSource, RedisConfig};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let source = ListSource::from_config(ListConsumerConfig::new(redis, "orders", "agent-1"));
/// # let _ = source;
/// ```
#[derive(Debug)]
pub struct ListSource {
    consumer: ListConsumer,
    outstanding_limit: usize,
    is_open: bool,
}

impl ListSource {
    pub(super) fn new(consumer: ListConsumer) -> Self {
        let config = &consumer.shared.config;
        let outstanding_limit = config.max_pending.div_ceil(config.batch);
        Self { consumer, outstanding_limit, is_open: false }
    }

    /// A source with a consumer of its own.
    pub fn from_config(config: ListConsumerConfig) -> Self {
        ListConsumer::new(config).source()
    }

    async fn step(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        if self.consumer.outstanding() >= self.outstanding_limit {
            tokio::select! {
                settled = self.consumer.settle_next() => settled?,
                () = out.stopping() => {}
            }
            return Ok(());
        }
        let taken = tokio::select! {
            taken = self.consumer.next() => taken?,
            () = out.stopping() => return Ok(()),
        };
        self.put(taken, out).await
    }

    async fn put(&mut self, taken: Taken, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let events = taken.entries.iter().cloned().map(Event::new).collect();
        match out.put(Batch::new(events, self.consumer.token(taken))).await {
            Ok(()) => Ok(()),
            // The token failed with the batch: its entries go back to the queue.
            Err(_) if out.is_stopping() => Ok(()),
            Err(refused) if refused.kind == PutErrorKind::TooLarge => Err(SourceError::fatal(refused)),
            Err(refused) => Err(SourceError::retry(refused)),
        }
    }
}

#[async_trait]
impl Source<Event> for ListSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.consumer.open(&context.clock).await?;
        self.is_open = true;
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        while !out.is_stopping() {
            self.step(out).await?;
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        if !std::mem::take(&mut self.is_open) {
            return Ok(());
        }
        self.consumer.close().await.map_err(Error::into)
    }
}
