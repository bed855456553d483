use flowcore::process::{Emitter, Next, Outputs, Spout, SpoutError, TaskContext};

use super::MqttSourceConfig;
use crate::subscriber::Subscriber;
use crate::{Error, Message};

/// Emits messages. See the [module](super) for its guarantees. Of several tasks each has its number behind the
/// client id; they all get every message, unless the subscription is a shared one.
///
/// ```
/// use flowcore::process::{TopologyBuilder, for_each};
/// use flowcore_mqtt::{Message, MqttConfig, MqttSourceConfig, MqttSpout, QoS};
///
/// let config = MqttSourceConfig::new(MqttConfig::new("mqtt://127.0.0.1")).subscribe("house/#", QoS::AtLeastOnce);
/// let mut topology = TopologyBuilder::new("listen");
/// let messages = topology.spout("messages", move || MqttSpout::new(config.clone()));
/// topology.bolt("print", || for_each(|message: &Message| println!("{}", message.topic))).shuffle(&messages);
/// topology.build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct MqttSpout {
    config: MqttSourceConfig,
    subscriber: Option<Subscriber>,
}

impl MqttSpout {
    /// Not connected before it opens.
    pub fn new(config: MqttSourceConfig) -> Self {
        Self { config, subscriber: None }
    }
}

impl Spout for MqttSpout {
    type Out = Emitter<Message>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        let mut config = self.config.clone();
        if let Some(id) = config.mqtt.client_id.as_mut().filter(|_| context.parallelism > 1) {
            *id = format!("{id}-{}", context.task);
        }
        let subject = config.subject();
        let opened = Subscriber::open(&config.mqtt, &subject, &config.filters, config.batch, &context.clock);
        self.subscriber = Some(opened.await.map_err(Error::into_spout_error)?);
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let Some(subscriber) = &mut self.subscriber else { return Ok(Next::End) };
        let Some(delivery) = subscriber.next().await.map_err(Error::into_spout_error)? else {
            return Ok(Next::End);
        };
        out.cover(delivery.token);
        for message in delivery.messages {
            out.emit(message);
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        if let Some(subscriber) = self.subscriber.take() {
            subscriber.close().await;
        }
        Ok(())
    }
}
