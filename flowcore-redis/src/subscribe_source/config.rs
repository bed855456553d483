use crate::RedisConfig;

/// What a [`SubscribeSource`](super::SubscribeSource) or a [`SubscribeSpout`](super::SubscribeSpout) listens
/// to.
///
/// ```
/// use flowcore_redis::{RedisConfig, SubscribeSourceConfig};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = SubscribeSourceConfig::new(redis).channel("live").pattern("live.*");
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct SubscribeSourceConfig {
    pub(super) redis: RedisConfig,
    pub(super) channels: Vec<String>,
    pub(super) patterns: Vec<String>,
    pub(super) buffer: usize,
    pub(super) batch: usize,
    pub(super) channel_header: Option<String>,
}

impl SubscribeSourceConfig {
    /// Nothing yet: name at least one channel or pattern.
    pub fn new(redis: RedisConfig) -> Self {
        Self {
            redis,
            channels: Vec::new(),
            patterns: Vec::new(),
            buffer: 10_000,
            batch: 256,
            channel_header: None,
        }
    }

    /// One more channel.
    #[must_use]
    pub fn channel(mut self, name: impl Into<String>) -> Self {
        self.channels.push(name.into());
        self
    }

    /// One more pattern of channels, as `PSUBSCRIBE` has them. A message of a channel that is named and
    /// matches too comes twice.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>) -> Self {
        self.patterns.push(pattern.into());
        self
    }

    /// Messages that wait to be taken, at least 1; more are dropped. Default 10,000.
    #[must_use]
    pub fn buffer(mut self, messages: usize) -> Self {
        self.buffer = messages.max(1);
        self
    }

    /// Messages handed on at once, at least 1. Default 256.
    #[must_use]
    pub fn batch(mut self, messages: usize) -> Self {
        self.batch = messages.max(1);
        self
    }

    /// The header that is to hold the name of the channel. Default none.
    #[must_use]
    pub fn channel_header(mut self, name: impl Into<String>) -> Self {
        self.channel_header = Some(name.into());
        self
    }
}
