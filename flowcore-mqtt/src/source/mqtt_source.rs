use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{Batch, ChannelWriter, ComponentContext, PutErrorKind, Source, SourceError};

use super::MqttSourceConfig;
use crate::subscriber::{Delivery, Subscriber};

/// Puts messages into channels, each as an event. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_mqtt::{MqttConfig, MqttSource, MqttSourceConfig, QoS};
///
/// let mqtt = MqttConfig::new("mqtt://127.0.0.1");
/// let source = MqttSource::new(MqttSourceConfig::new(mqtt).subscribe("house/#", QoS::AtLeastOnce));
/// # let _ = source;
/// ```
#[derive(Debug)]
pub struct MqttSource {
    config: MqttSourceConfig,
    subscriber: Option<Subscriber>,
}

impl MqttSource {
    /// Not connected before it starts.
    pub fn new(config: MqttSourceConfig) -> Self {
        Self { config, subscriber: None }
    }

    async fn put(&self, delivery: Delivery, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        let Delivery { messages, token } = delivery;
        let header = self.config.topic_header.as_ref();
        let events = messages.into_iter().map(|message| message.into_event(header)).collect();
        match out.put(Batch::new(events, token)).await {
            Ok(()) => Ok(()),
            // The token failed with the batch: the broker hears nothing of its messages.
            Err(_) if out.is_stopping() => Ok(()),
            Err(refused) if refused.kind == PutErrorKind::TooLarge => Err(SourceError::fatal(refused)),
            Err(refused) => Err(SourceError::retry(refused)),
        }
    }
}

#[async_trait]
impl Source<Event> for MqttSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        let MqttSourceConfig { mqtt, filters, batch, .. } = &self.config;
        let subject = self.config.subject();
        self.subscriber = Some(Subscriber::open(mqtt, &subject, filters, *batch, &context.clock).await?);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter<Event>) -> Result<(), SourceError> {
        while !out.is_stopping() {
            let Some(subscriber) = &mut self.subscriber else { return Ok(()) };
            let delivery = tokio::select! {
                delivery = subscriber.next() => delivery?,
                () = out.stopping() => return Ok(()),
            };
            let Some(delivery) = delivery else { return Ok(()) };
            self.put(delivery, out).await?;
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        if let Some(subscriber) = self.subscriber.take() {
            subscriber.close().await;
        }
        Ok(())
    }
}
