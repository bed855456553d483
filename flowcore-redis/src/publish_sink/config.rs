use crate::RedisConfig;

/// Where a [`PublishSink`](super::PublishSink) publishes.
///
/// ```
/// use flowcore_redis::{PublishSinkConfig, RedisConfig};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = PublishSinkConfig::new(redis, "live").channel_header("channel");
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct PublishSinkConfig {
    pub(super) redis: RedisConfig,
    pub(super) channel: String,
    pub(super) channel_header: Option<String>,
}

impl PublishSinkConfig {
    /// Publishes to `channel`.
    pub fn new(redis: RedisConfig, channel: impl Into<String>) -> Self {
        Self { redis, channel: channel.into(), channel_header: None }
    }

    /// An event that has the header `name` goes to the channel that it names.
    #[must_use]
    pub fn channel_header(mut self, name: impl Into<String>) -> Self {
        self.channel_header = Some(name.into());
        self
    }
}
