use std::time::Duration;

use crate::RedisConfig;

/// Which list a [`ListConsumer`](super::ListConsumer) reads, under which name.
///
/// ```
/// use flowcore_redis::{ListConsumerConfig, RedisConfig};
/// use std::time::Duration;
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = ListConsumerConfig::new(redis, "CoffeeOrderQueue", "count-1").lease(Duration::from_secs(5));
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct ListConsumerConfig {
    pub(super) redis: RedisConfig,
    pub(super) key: String,
    pub(super) consumer: String,
    pub(super) batch: usize,
    pub(super) max_pending: usize,
    pub(super) lease: Duration,
    pub(super) longest_pause: Duration,
    pub(super) settled_elsewhere: bool,
}

impl ListConsumerConfig {
    /// Reads the list `key` as `consumer`: a name that no other running consumer of the list has.
    pub fn new(redis: RedisConfig, key: impl Into<String>, consumer: impl Into<String>) -> Self {
        Self {
            redis,
            key: key.into(),
            consumer: consumer.into(),
            batch: 256,
            max_pending: 10_000,
            lease: Duration::from_secs(10),
            longest_pause: Duration::from_millis(100),
            settled_elsewhere: false,
        }
    }

    /// Entries taken at once, at least 1. Default 256.
    #[must_use]
    pub fn batch(mut self, entries: usize) -> Self {
        self.batch = entries.max(1);
        self
    }

    /// Entries that a [`ListSource`](super::ListSource) has taken and not acknowledged. Default 10,000. In a
    /// topology its own `max_pending` is the limit.
    #[must_use]
    pub fn max_pending(mut self, entries: usize) -> Self {
        self.max_pending = entries.max(1);
        self
    }

    /// How long a consumer that says nothing counts as alive, at least 100 ms. It is renewed three times as
    /// often. Default 10 s.
    #[must_use]
    pub fn lease(mut self, time: Duration) -> Self {
        self.lease = time.max(Duration::from_millis(100));
        self
    }

    /// The longest pause between two looks at an empty list, and so the longest delay of an entry that
    /// arrives then. Default 100 ms.
    #[must_use]
    pub fn longest_pause(mut self, time: Duration) -> Self {
        self.longest_pause = time.max(Duration::from_millis(1));
        self
    }

    /// Entries are not removed when their tuples are acknowledged, but by
    /// [`ListConsumer::settle_with`](super::ListConsumer::settle_with): then what was computed from them and
    /// their removal are one transaction.
    #[must_use]
    pub fn settled_elsewhere(mut self) -> Self {
        self.settled_elsewhere = true;
        self
    }
}
