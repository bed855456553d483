use super::positions::PositionHeaders;
use crate::RedisConfig;

/// Which list a [`ListSink`](super::ListSink) appends to.
///
/// ```
/// use flowcore_redis::{ListSinkConfig, RedisConfig};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = ListSinkConfig::new(redis, "CoffeeOrderQueue").exactly_once("file", "position");
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct ListSinkConfig {
    pub(super) redis: RedisConfig,
    pub(super) key: String,
    pub(super) positions: Option<PositionHeaders>,
}

impl ListSinkConfig {
    /// Appends to the list `key`.
    pub fn new(redis: RedisConfig, key: impl Into<String>) -> Self {
        Self { redis, key: key.into(), positions: None }
    }

    /// Pushes no event twice. Each event says in the header `source` where it is from, and in the header
    /// `position` a number from 0 to 2^64 - 1 that grows from event to event of one source. The last position
    /// of each source is stored in the hash `<key>:positions` in the same step as the push; an event whose
    /// position is not larger is dropped: it was pushed before.
    ///
    /// An event without these headers stops the sink with an error.
    #[must_use]
    pub fn exactly_once(mut self, source: impl Into<String>, position: impl Into<String>) -> Self {
        self.positions = Some(PositionHeaders { source: source.into(), position: position.into() });
        self
    }
}
