use std::time::Duration;

use bytes::Bytes;

use crate::RedisConfig;

/// Where a [`HashSink`](super::HashSink) writes.
///
/// ```
/// use flowcore_redis::{HashSinkConfig, RedisConfig};
/// use std::time::Duration;
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = HashSinkConfig::new(redis).expire_after(Duration::from_secs(3600));
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct HashSinkConfig {
    pub(super) redis: RedisConfig,
    pub(super) expire_after: Option<Duration>,
}

impl HashSinkConfig {
    /// Writes to this server; each item names its key.
    pub fn new(redis: RedisConfig) -> Self {
        Self { redis, expire_after: None }
    }

    /// The server removes a hash this long after the last write to it. Default never.
    #[must_use]
    pub fn expire_after(mut self, time: Duration) -> Self {
        self.expire_after = Some(time);
        self
    }
}

/// Fields of one hash and the values they are to have.
///
/// ```
/// use flowcore_redis::HashWrite;
/// let write = HashWrite::new("jeongja:20140928120000:Orders").set("Espresso", "10").set("Flat White", "5");
/// assert_eq!(write.fields.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashWrite {
    /// The key of the hash.
    pub key: String,
    /// Field and value. Nothing is written when there is none.
    pub fields: Vec<(Bytes, Bytes)>,
}

impl HashWrite {
    /// No fields of the hash `key` yet.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), fields: Vec::new() }
    }

    /// Sets `field` to `value`.
    #[must_use]
    pub fn set(mut self, field: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        self.fields.push((field.into(), value.into()));
        self
    }
}
