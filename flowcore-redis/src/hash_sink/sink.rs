use std::error::Error as StdError;
use std::fmt;

use async_trait::async_trait;
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use redis::Pipeline;

use super::{HashSinkConfig, HashWrite};
use crate::ErrorKind;
use crate::connection::Connection;

type Cause = Box<dyn StdError + Send + Sync>;
type Mapper<T> = Box<dyn Fn(&T) -> Result<HashWrite, Cause> + Send + Sync>;

/// Sets fields of hashes. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore_redis::{HashSink, HashSinkConfig, HashWrite, RedisConfig};
///
/// let config = HashSinkConfig::new(RedisConfig::new("redis://127.0.0.1:6379"));
/// let of_writes = HashSink::new(config.clone());
/// let of_events = HashSink::mapped(config, |event: &Event| {
///     let key = event.headers.get("key").ok_or("an event has no header key")?;
///     Ok(HashWrite::new(key).set("last", event.body.clone()))
/// });
/// # let _ = (of_writes, of_events);
/// ```
pub struct HashSink<T = HashWrite> {
    connection: Connection,
    expire_after: Option<std::time::Duration>,
    write_of: Mapper<T>,
}

impl HashSink<HashWrite> {
    /// Takes what it is to write.
    pub fn new(config: HashSinkConfig) -> Self {
        Self::mapped(config, |write: &HashWrite| Ok(write.clone()))
    }
}

impl<T> HashSink<T> {
    /// Writes what `write_of` makes of each item. An error of it stops the sink.
    pub fn mapped(
        config: HashSinkConfig,
        write_of: impl Fn(&T) -> Result<HashWrite, Cause> + Send + Sync + 'static,
    ) -> Self {
        let HashSinkConfig { redis, expire_after } = config;
        Self { connection: Connection::new(&redis, "hashes"), expire_after, write_of: Box::new(write_of) }
    }

    fn add(&self, write: &HashWrite, pipe: &mut Pipeline) {
        if write.fields.is_empty() {
            return;
        }
        pipe.cmd("HSET").arg(&write.key);
        for (field, value) in &write.fields {
            pipe.arg(&field[..]).arg(&value[..]);
        }
        if let Some(time) = self.expire_after {
            let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            pipe.cmd("PEXPIRE").arg(&write.key).arg(millis);
        }
    }
}

#[async_trait]
impl<T: Send + Sync + 'static> Sink<T> for HashSink<T> {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.connection.set_clock(&context.clock);
        Ok(self.connection.check().await?)
    }

    async fn deliver(&mut self, items: &[T]) -> Result<(), SinkError> {
        let mut pipe = Pipeline::with_capacity(items.len());
        for item in items {
            let write = (self.write_of)(item);
            let write = write.map_err(|cause| self.connection.error(ErrorKind::Event).caused_by(cause))?;
            self.add(&write, &mut pipe);
        }
        if !pipe.is_empty() {
            self.connection.run(&pipe).await?;
        }
        Ok(())
    }
}

impl<T> fmt::Debug for HashSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashSink").field("connection", &self.connection).finish_non_exhaustive()
    }
}
