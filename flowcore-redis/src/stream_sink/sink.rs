use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use redis::Pipeline;

use super::StreamSinkConfig;
use crate::connection::Connection;

/// Appends events to a stream. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_redis::{RedisConfig, StreamSink, StreamSinkConfig};
///
/// let sink = StreamSink::new(StreamSinkConfig::new(RedisConfig::new("redis://127.0.0.1:6379"), "orders"));
/// # let _ = sink;
/// ```
#[derive(Debug)]
pub struct StreamSink {
    connection: Connection,
    config: StreamSinkConfig,
}

impl StreamSink {
    /// Not connected before it starts.
    pub fn new(config: StreamSinkConfig) -> Self {
        let connection = Connection::new(&config.redis, format!("stream {}", config.key));
        Self { connection, config }
    }

    fn add(&self, event: &Event, pipe: &mut Pipeline) {
        pipe.cmd("XADD").arg(&self.config.key);
        if let Some(entries) = self.config.keep_about {
            pipe.arg("MAXLEN").arg("~").arg(entries);
        }
        pipe.arg("*").arg(&self.config.body_field).arg(&event.body[..]);
        for (name, value) in event.headers.iter() {
            pipe.arg(name).arg(value);
        }
    }
}

#[async_trait]
impl Sink<Event> for StreamSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.connection.set_clock(&context.clock);
        Ok(self.connection.check().await?)
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let mut pipe = Pipeline::with_capacity(events.len());
        for event in events {
            self.add(event, &mut pipe);
        }
        if !pipe.is_empty() {
            self.connection.run(&pipe).await?;
        }
        Ok(())
    }
}
