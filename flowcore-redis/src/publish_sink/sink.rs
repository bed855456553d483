use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ComponentContext, Sink, SinkError};
use redis::Pipeline;

use super::PublishSinkConfig;
use crate::connection::Connection;

/// Publishes the bodies of events. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_redis::{PublishSink, PublishSinkConfig, RedisConfig};
///
/// let sink = PublishSink::new(PublishSinkConfig::new(RedisConfig::new("redis://127.0.0.1:6379"), "live"));
/// # let _ = sink;
/// ```
#[derive(Debug)]
pub struct PublishSink {
    connection: Connection,
    channel: String,
    channel_header: Option<String>,
}

impl PublishSink {
    /// Not connected before it starts.
    pub fn new(config: PublishSinkConfig) -> Self {
        let connection = Connection::new(&config.redis, format!("channel {}", config.channel));
        Self { connection, channel: config.channel, channel_header: config.channel_header }
    }

    fn channel_of<'a>(&'a self, event: &'a Event) -> &'a str {
        let named = self.channel_header.as_ref().and_then(|name| event.headers.get(name));
        named.unwrap_or(&self.channel)
    }
}

#[async_trait]
impl Sink<Event> for PublishSink {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.connection.set_clock(&context.clock);
        Ok(self.connection.check().await?)
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let mut pipe = Pipeline::with_capacity(events.len());
        for event in events {
            pipe.cmd("PUBLISH").arg(self.channel_of(event)).arg(&event.body[..]);
        }
        if !pipe.is_empty() {
            self.connection.run(&pipe).await?;
        }
        Ok(())
    }
}
