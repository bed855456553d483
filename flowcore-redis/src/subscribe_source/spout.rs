use flowcore::event::Event;
use flowcore::process::{Emitter, Next, Spout, SpoutError, TaskContext};

use super::SubscribeSourceConfig;
use super::subscription::Subscription;
use crate::Error;

/// Emits messages, each as an event. See the [module](super) for its guarantees: what has reached the
/// topology is replayed there like any tuple, what has not is not.
///
/// ```
/// use flowcore_redis::{RedisConfig, SubscribeSourceConfig, SubscribeSpout};
///
/// let config = SubscribeSourceConfig::new(RedisConfig::new("redis://127.0.0.1:6379")).channel("live");
/// let factory = move || SubscribeSpout::new(config.clone());
/// # let _ = factory();
/// ```
#[derive(Debug)]
pub struct SubscribeSpout {
    subscription: Subscription,
}

impl SubscribeSpout {
    /// Not connected before it opens.
    pub fn new(config: SubscribeSourceConfig) -> Self {
        Self { subscription: Subscription::new(config) }
    }
}

impl Spout for SubscribeSpout {
    type Out = Emitter<Event>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.subscription.open(&context.clock).await.map_err(Error::into_spout_error)
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let messages = self.subscription.next().await.map_err(Error::into_spout_error)?;
        let Some(messages) = messages else { return Ok(Next::End) };
        for message in messages {
            out.emit(message);
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        self.subscription.close();
        Ok(())
    }
}
