use std::time::Duration;

use crate::RedisConfig;

/// Which stream a [`StreamSource`](super::StreamSource) or a [`StreamSpout`](super::StreamSpout) reads, and
/// as whom.
///
/// ```
/// use flowcore_redis::{RedisConfig, StreamSourceConfig};
/// use std::time::Duration;
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = StreamSourceConfig::new(redis, "orders", "count", "count-1").claim_after(Duration::from_secs(60));
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct StreamSourceConfig {
    pub(super) redis: RedisConfig,
    pub(super) key: String,
    pub(super) group: String,
    pub(super) consumer: String,
    pub(super) start: StreamStart,
    pub(super) batch: usize,
    pub(super) max_pending: usize,
    pub(super) claim_after: Duration,
    pub(super) body_field: String,
    pub(super) id_header: Option<String>,
}

/// Where a group that is made anew begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StreamStart {
    /// With the oldest entry of the stream.
    #[default]
    Oldest,
    /// With entries that are added from now on.
    New,
}

impl StreamSourceConfig {
    /// Reads the stream `key` as `consumer` of `group`: a name that no other running consumer of it has.
    pub fn new(
        redis: RedisConfig,
        key: impl Into<String>,
        group: impl Into<String>,
        consumer: impl Into<String>,
    ) -> Self {
        Self {
            redis,
            key: key.into(),
            group: group.into(),
            consumer: consumer.into(),
            start: StreamStart::default(),
            batch: 256,
            max_pending: 10_000,
            claim_after: Duration::from_mins(5),
            body_field: "body".to_owned(),
            id_header: None,
        }
    }

    /// Where the group begins when it is not there. Default: with the oldest entry.
    #[must_use]
    pub fn start(mut self, start: StreamStart) -> Self {
        self.start = start;
        self
    }

    /// Entries read at once, at least 1. Default 256.
    #[must_use]
    pub fn batch(mut self, entries: usize) -> Self {
        self.batch = entries.max(1);
        self
    }

    /// Entries that a [`StreamSource`](super::StreamSource) has read and not acknowledged. Default 10,000. In
    /// a topology its own `max_pending` is the limit.
    #[must_use]
    pub fn max_pending(mut self, entries: usize) -> Self {
        self.max_pending = entries.max(1);
        self
    }

    /// Take over entries that another consumer has not acknowledged for so long. Longer than anything takes
    /// to settle, at least 100 ms. Default 5 min.
    #[must_use]
    pub fn claim_after(mut self, time: Duration) -> Self {
        self.claim_after = time.max(Duration::from_millis(100));
        self
    }

    /// The field that holds the body. Default `body`. An entry without it has an empty body.
    #[must_use]
    pub fn body_field(mut self, name: impl Into<String>) -> Self {
        self.body_field = name.into();
        self
    }

    /// The header that is to hold the id of the entry. Default none.
    #[must_use]
    pub fn id_header(mut self, name: impl Into<String>) -> Self {
        self.id_header = Some(name.into());
        self
    }
}
