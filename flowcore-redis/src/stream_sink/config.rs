use crate::RedisConfig;

/// Which stream a [`StreamSink`](super::StreamSink) appends to.
///
/// ```
/// use flowcore_redis::{RedisConfig, StreamSinkConfig};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let config = StreamSinkConfig::new(redis, "orders").keep_about(1_000_000);
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct StreamSinkConfig {
    pub(super) redis: RedisConfig,
    pub(super) key: String,
    pub(super) body_field: String,
    pub(super) keep_about: Option<u64>,
}

impl StreamSinkConfig {
    /// Appends to the stream `key`.
    pub fn new(redis: RedisConfig, key: impl Into<String>) -> Self {
        Self { redis, key: key.into(), body_field: "body".to_owned(), keep_about: None }
    }

    /// The field that holds the body. Default `body`.
    #[must_use]
    pub fn body_field(mut self, name: impl Into<String>) -> Self {
        self.body_field = name.into();
        self
    }

    /// Trims the stream to at least this many entries, and not many more. Default: it grows for ever.
    #[must_use]
    pub fn keep_about(mut self, entries: u64) -> Self {
        self.keep_about = Some(entries);
        self
    }
}
