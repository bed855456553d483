use std::time::Duration;

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{ComponentContext, Sink, SinkError};

use super::MqttSinkConfig;
use crate::publisher::Publisher;
use crate::publishes::Refusal;
use crate::{MqttConfig, Publish, Publishes};

/// Publishes what it is to deliver. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_mqtt::{MqttConfig, MqttSink, MqttSinkConfig};
///
/// let mqtt = MqttConfig::new("mqtt://127.0.0.1");
/// let sink = MqttSink::new(MqttSinkConfig::new(mqtt, "house/log"));
/// # let _ = sink;
/// ```
pub struct MqttSink<T = Event> {
    mqtt: MqttConfig,
    write: Write<T>,
    publishes: Publishes,
    publisher: Option<Publisher>,
}

type Write<T> = Box<dyn FnMut(&T, &mut Publishes) + Send>;

/// How long a delivery waits for a broker that is away.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

impl MqttSink<Event> {
    /// Not connected before it starts.
    pub fn new(config: MqttSinkConfig) -> Self {
        Self::with(config.mqtt.clone(), move |event, out| config.write(event, out))
    }
}

impl<T> MqttSink<T> {
    /// `write` says what is published for an item: none, one or several messages.
    ///
    /// ```
    /// use flowcore_mqtt::{MqttConfig, MqttSink, Publish};
    ///
    /// let sink = MqttSink::with(MqttConfig::new("mqtt://127.0.0.1"), |celsius: &f64, out| {
    ///     out.add(Publish::new("house/celsius", celsius.to_string()).retained());
    ///     out.add(Publish::new("house/kelvin", (celsius + 273.15).to_string()).retained());
    /// });
    /// # let _ = sink;
    /// ```
    pub fn with(mqtt: MqttConfig, write: impl FnMut(&T, &mut Publishes) + Send + 'static) -> Self {
        Self { mqtt, write: Box::new(write), publishes: Publishes::default(), publisher: None }
    }

    fn messages(&mut self, items: &[T]) -> Result<Vec<Publish>, SinkError> {
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            (self.write)(item, &mut self.publishes);
            all.extend(self.publishes.take().map_err(|refusal| match refusal {
                Refusal::Topic(cause) => SinkError::fatal(cause),
                Refusal::Item(cause) => SinkError::Fatal(cause),
            })?);
        }
        Ok(all)
    }
}

#[async_trait]
impl<T: Send + Sync + 'static> Sink<T> for MqttSink<T> {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        let subject = format!("sink {}", context.name);
        let patience = self.mqtt.patience.unwrap_or(PATIENCE);
        let publisher = Publisher::open(&self.mqtt, &subject, &context.clock, Some(patience)).await?;
        self.publisher = Some(publisher);
        Ok(())
    }

    async fn deliver(&mut self, items: &[T]) -> Result<(), SinkError> {
        let messages = self.messages(items)?;
        let Some(publisher) = &self.publisher else {
            return Err(SinkError::retry("the sink is not started"));
        };
        Ok(publisher.deliver(messages).await?)
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        match self.publisher.take() {
            Some(publisher) => Ok(publisher.close().await?),
            None => Ok(()),
        }
    }
}

impl<T> std::fmt::Debug for MqttSink<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MqttSink").field("publisher", &self.publisher).finish_non_exhaustive()
    }
}
