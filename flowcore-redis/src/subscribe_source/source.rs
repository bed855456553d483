use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{Batch, ChannelWriter, ComponentContext, PutErrorKind, Source, SourceError};

use super::SubscribeSourceConfig;
use super::subscription::Subscription;

/// Puts messages into channels, each as an event. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_redis::{RedisConfig, SubscribeSource, SubscribeSourceConfig};
///
/// let config = SubscribeSourceConfig::new(RedisConfig::new("redis://127.0.0.1:6379")).channel("live");
/// assert_eq!(SubscribeSource::new(config).dropped(), 0);
/// ```
#[derive(Debug)]
pub struct SubscribeSource {
    subscription: Subscription,
}

impl SubscribeSource {
    /// Not connected before it starts.
    pub fn new(config: SubscribeSourceConfig) -> Self {
        Self { subscription: Subscription::new(config) }
    }

    /// Messages that were dropped because the buffer was full.
    pub fn dropped(&self) -> u64 {
        self.subscription.dropped()
    }
}

#[async_trait]
impl Source<Event> for SubscribeSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        Ok(self.subscription.open(&context.clock).await?)
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        while !out.is_stopping() {
            let messages = tokio::select! {
                messages = self.subscription.next() => messages?,
                () = out.stopping() => return Ok(()),
            };
            let Some(messages) = messages else { return Ok(()) };
            match out.put(Batch::untracked(messages)).await {
                Ok(()) => {}
                Err(_) if out.is_stopping() => return Ok(()),
                Err(refused) if refused.kind == PutErrorKind::TooLarge => {
                    return Err(SourceError::fatal(refused));
                }
                Err(refused) => return Err(SourceError::retry(refused)),
            }
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        self.subscription.close();
        Ok(())
    }
}
