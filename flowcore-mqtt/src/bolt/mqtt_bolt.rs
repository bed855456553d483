use std::fmt;
use std::marker::PhantomData;

use flowcore::base::Timestamp;
use flowcore::process::{Bolt, BoltError, NoOutput, Outputs, TaskContext, Tuple};

use crate::publisher::{Job, Publisher};
use crate::publishes::Refusal;
use crate::{MqttConfig, Publishes};

/// Publishes what a closure makes of a tuple. See the [module](super) for its guarantees.
///
/// ```
/// use flowcore_mqtt::{MqttBolt, MqttConfig, Publish};
/// use flowcore::process::TopologyBuilder;
/// use flowcore_testkit::ScriptedSpout;
///
/// let mqtt = MqttConfig::new("mqtt://127.0.0.1");
/// let script = ScriptedSpout::new().emit([("kitchen", 21.5), ("cellar", 12.0)]);
/// let mut topology = TopologyBuilder::new("publish");
/// let readings = topology.spout("readings", script.factory());
/// let publish = move || {
///     MqttBolt::new(mqtt.clone(), |(room, celsius): &(&str, f64), out| {
///         out.add(Publish::new(format!("house/{room}"), celsius.to_string()).retained());
///     })
/// };
/// topology.bolt("publish", publish).shuffle(&readings);
/// topology.build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MqttBolt<T: ?Sized, F> {
    mqtt: MqttConfig,
    write: F,
    publishes: Publishes,
    pending: Vec<Job>,
    publisher: Option<Publisher>,
    tuples: PhantomData<fn(&T)>,
}

/// So many messages are handed to the connection before the batch of tuples is through.
const BATCH: usize = 256;

impl<T: Tuple + ?Sized, F: FnMut(&T, &mut Publishes) + Send + 'static> MqttBolt<T, F> {
    /// `write` says what is published for a tuple: none, one or several messages. Of several tasks each has
    /// its number behind the client id.
    pub fn new(mqtt: MqttConfig, write: F) -> Self {
        Self {
            mqtt,
            write,
            publishes: Publishes::default(),
            pending: Vec::new(),
            publisher: None,
            tuples: PhantomData,
        }
    }

    async fn flush(&mut self) -> Result<(), BoltError> {
        let Some(publisher) = &self.publisher else { return Err(BoltError::restart(NotPrepared)) };
        if self.pending.is_empty() {
            return Ok(());
        }
        let jobs = std::mem::replace(&mut self.pending, Vec::with_capacity(BATCH));
        publisher.send(jobs).await.map_err(fatal)
    }
}

/// What ends a publisher is told to the topology, whatever it was.
fn fatal(error: crate::Error) -> BoltError {
    if error.retries() { BoltError::restart(error) } else { BoltError::fatal(error) }
}

#[derive(Debug, thiserror::Error)]
#[error("the bolt was not prepared")]
struct NotPrepared;

impl<T: Tuple + ?Sized, F: FnMut(&T, &mut Publishes) + Send + 'static> Bolt<T> for MqttBolt<T, F> {
    type Out = NoOutput;

    async fn prepare(&mut self, context: &TaskContext) -> Result<(), BoltError> {
        let mut mqtt = self.mqtt.clone();
        if let Some(id) = mqtt.client_id.as_mut().filter(|_| context.parallelism > 1) {
            *id = format!("{id}-{}", context.task);
        }
        let subject = format!("bolt {}", context.component);
        let publisher = Publisher::open(&mqtt, &subject, &context.clock, mqtt.patience).await;
        self.publisher = Some(publisher.map_err(fatal)?);
        Ok(())
    }

    async fn execute(&mut self, tuple: &T, out: &mut Self::Out) -> Result<(), BoltError> {
        if let Some(error) = self.publisher.as_ref().and_then(Publisher::failure) {
            return Err(fatal(error));
        }
        (self.write)(tuple, &mut self.publishes);
        let publishes = self.publishes.take().map_err(|refusal| match refusal {
            Refusal::Topic(cause) => BoltError::reject(cause),
            Refusal::Item(cause) => BoltError::Reject(cause),
        })?;
        self.pending.extend(publishes.map(|publish| Job { publish, token: out.keep() }));
        if self.pending.len() >= BATCH { self.flush().await } else { Ok(()) }
    }

    async fn tick(&mut self, _now: Timestamp, _out: &mut Self::Out) -> Result<(), BoltError> {
        self.flush().await
    }

    /// As soon as the batch of tuples is through.
    fn wake_at(&self) -> Option<Timestamp> {
        (!self.pending.is_empty()).then_some(Timestamp::MIN)
    }

    async fn cleanup(&mut self, _out: &mut Self::Out) -> Result<(), BoltError> {
        self.flush().await?;
        match self.publisher.take() {
            Some(publisher) => publisher.close().await.map_err(fatal),
            None => Ok(()),
        }
    }
}

impl<T: ?Sized, F> fmt::Debug for MqttBolt<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttBolt").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}
