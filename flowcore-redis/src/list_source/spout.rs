use flowcore::event::Event;
use flowcore::process::{Emitter, Next, Outputs, Spout, SpoutError, TaskContext};

use super::{ListConsumer, ListConsumerConfig};
use crate::Error;

/// Emits the entries of a list, each as an [`Event`] without headers.
///
/// See the [module](super) for what is acknowledged when. A spout that is made anew by the engine should be
/// one of the same [`ListConsumer`]: then it goes on where the last one stopped.
///
/// ```
/// use flowcore_redis::{ListConsumer, ListConsumerConfig, RedisConfig};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let consumer = ListConsumer::new(ListConsumerConfig::new(redis, "orders", "count-1"));
/// let factory = move || consumer.spout();
/// # let _ = factory();
/// ```
#[derive(Debug)]
pub struct ListSpout {
    consumer: ListConsumer,
    is_open: bool,
}

impl ListSpout {
    pub(super) fn new(consumer: ListConsumer) -> Self {
        Self { consumer, is_open: false }
    }

    /// A spout with a consumer of its own.
    pub fn from_config(config: ListConsumerConfig) -> Self {
        ListConsumer::new(config).spout()
    }
}

impl Spout for ListSpout {
    type Out = Emitter<Event>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.consumer.open(&context.clock).await.map_err(Error::into_spout_error)?;
        self.is_open = true;
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let taken = self.consumer.next().await.map_err(Error::into_spout_error)?;
        let events: Vec<_> = taken.entries.iter().cloned().map(Event::new).collect();
        out.cover(self.consumer.token(taken));
        for event in events {
            out.emit(event);
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        if !std::mem::take(&mut self.is_open) {
            return Ok(());
        }
        self.consumer.close().await.map_err(Error::into_spout_error)
    }
}
