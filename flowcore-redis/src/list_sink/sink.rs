use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use redis::Pipeline;

use super::ListSinkConfig;
use super::positions::{PUSH_NEW, PositionHeaders};
use crate::connection::Connection;
use crate::{Error, ErrorKind};

/// Appends the bodies of events to a list. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_redis::{ListSink, ListSinkConfig, RedisConfig};
///
/// let redis = RedisConfig::new("redis://127.0.0.1:6379");
/// let sink = ListSink::new(ListSinkConfig::new(redis, "CoffeeOrderQueue"));
/// # let _ = sink;
/// ```
#[derive(Debug)]
pub struct ListSink {
    connection: Connection,
    key: String,
    positions: Option<PositionHeaders>,
}

/// Values of one push: bounds the time in which the server does nothing else.
const MOST: usize = 1024;

impl ListSink {
    /// Not connected before it starts.
    pub fn new(config: ListSinkConfig) -> Self {
        let connection = Connection::new(&config.redis, format!("list {}", config.key));
        Self { connection, key: config.key, positions: config.positions }
    }

    fn push_all(&self, events: &[Event]) -> Pipeline {
        let mut pipe = Pipeline::new();
        for part in events.chunks(MOST) {
            pipe.cmd("RPUSH").arg(&self.key);
            for event in part {
                pipe.arg(&event.body[..]);
            }
        }
        pipe
    }

    fn push_new(&self, events: &[Event], headers: &PositionHeaders) -> Result<Pipeline, Error> {
        let mut pipe = Pipeline::new();
        for part in events.chunks(MOST) {
            pipe.cmd("EVAL").arg(PUSH_NEW).arg(2).arg(&self.key).arg(format!("{}:positions", self.key));
            for event in part {
                let place = headers.of(event);
                let (source, position) =
                    place.map_err(|cause| self.connection.error(ErrorKind::Event).caused_by(cause))?;
                pipe.arg(source).arg(position).arg(&event.body[..]);
            }
        }
        Ok(pipe)
    }
}

#[async_trait]
impl Sink<Event> for ListSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.connection.set_clock(&context.clock);
        Ok(self.connection.check().await?)
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let pipe = match &self.positions {
            None => self.push_all(events),
            Some(headers) => self.push_new(events, headers)?,
        };
        if !pipe.is_empty() {
            self.connection.run(&pipe).await?;
        }
        Ok(())
    }
}
