use std::time::Duration;

use flowcore::base::Clock;

use crate::client::Incoming;
use crate::link::{Broken, Connection, Dialer};
use crate::publisher::Publisher;
use crate::sink::PATIENCE;
use crate::{Error, ErrorKind, Message, MqttConfig, Publish, QoS, Session, topic};

/// For a few messages beside a topology or an agent: reads what is retained, publishes and waits for the
/// broker's answer.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), flowcore_mqtt::Error> {
/// use flowcore_mqtt::{MqttClient, MqttConfig, Publish};
/// use std::time::Duration;
///
/// let mut client = MqttClient::new(MqttConfig::new("mqtt://127.0.0.1"));
/// client.publish([Publish::new("house/state", "open").retained()]).await?;
/// let state = client.retained("house/state", Duration::from_secs(10)).await?;
/// assert_eq!(state[0].payload, "open");
/// client.close().await
/// # }
/// ```
#[derive(Debug)]
pub struct MqttClient {
    config: MqttConfig,
    clock: Clock,
    publisher: Option<Publisher>,
}

/// A broker may send what it retains after it has answered: so long nothing must come.
const QUIET: Duration = Duration::from_millis(100);

impl MqttClient {
    /// Not connected before it is needed.
    pub fn new(config: MqttConfig) -> Self {
        Self { config, clock: Clock::system(), publisher: None }
    }

    /// With another clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Publishes in this order, and returns when the broker has answered all of it. When it is away, waits for
    /// it as long as the patience of [`MqttConfig`], 60 s by default.
    ///
    /// # Errors
    /// [`Error`]: messages before the one that failed may be published.
    pub async fn publish(&mut self, publishes: impl IntoIterator<Item = Publish>) -> Result<(), Error> {
        let messages: Vec<_> = publishes.into_iter().collect();
        let dialer = Dialer::new(&self.config, "client", &self.clock);
        for publish in &messages {
            let checked = topic::check_topic(&publish.topic);
            checked.map_err(|cause| dialer.error(ErrorKind::Topic).caused_by(cause))?;
        }
        if self.publisher.as_ref().is_some_and(|publisher| publisher.failure().is_some()) {
            self.publisher = None;
        }
        let patience = self.config.patience.unwrap_or(PATIENCE);
        let open = if let Some(open) = self.publisher.take() {
            open
        } else {
            Publisher::open(&self.config, "client", &self.clock, Some(patience)).await?
        };
        self.publisher.insert(open).deliver(messages).await
    }

    /// The retained messages that match `filter`: none, if there are none. Over a connection of its own, with
    /// a client id and a session of its own. Returns when the broker has sent them, for a filter without
    /// wildcards as soon as the message is there. `patience` bounds all of it.
    ///
    /// # Errors
    /// [`Error`]: the broker was away all the time, or refuses.
    pub async fn retained(&self, filter: &str, patience: Duration) -> Result<Vec<Message>, Error> {
        let config =
            MqttConfig { client_id: None, session: Session::Clean, last_will: None, ..self.config.clone() };
        let mut dialer = Dialer::new(&config, format!("retained messages of {filter}"), &self.clock);
        let filters = [(filter.to_owned(), QoS::AtMostOnce)];
        dialer.check_filters(&filters)?;
        let mut last = dialer.error(ErrorKind::Unreachable).caused_by("it did not answer in time");
        let asked = async {
            loop {
                match ask(&mut dialer, &filters, &self.clock).await {
                    Err(error) if error.retries() => {
                        dialer.pause(&error).await;
                        last = error;
                    }
                    outcome => return outcome,
                }
            }
        };
        match tokio::time::timeout(patience, asked).await {
            Ok(outcome) => outcome,
            Err(_) => Err(last),
        }
    }

    /// Takes leave of the broker, if there was one.
    ///
    /// # Errors
    /// [`Error`], what ended the connection before.
    pub async fn close(self) -> Result<(), Error> {
        match self.publisher {
            Some(publisher) => publisher.close().await,
            None => Ok(()),
        }
    }
}

async fn ask(dialer: &mut Dialer, filters: &[(String, QoS)], clock: &Clock) -> Result<Vec<Message>, Error> {
    let mut connection = dialer.dial(None).await?;
    let begun = connection.subscribe(1, filters, false);
    begun.map_err(|cause| dialer.broken(cause))?;
    let messages = read(dialer, &mut connection, filters, clock).await?;
    connection.leave(true, dialer.config().connect_timeout).await;
    Ok(messages)
}

async fn read(
    dialer: &Dialer,
    connection: &mut Connection,
    filters: &[(String, QoS)],
    clock: &Clock,
) -> Result<Vec<Message>, Error> {
    let is_one = !filters.iter().any(|(filter, _)| filter.contains(['+', '#']));
    let (mut messages, mut has_all) = (Vec::new(), false);
    loop {
        while let Some(incoming) = connection.next().map_err(|cause| dialer.broken(cause))? {
            match incoming {
                Incoming::Message { message, .. } if message.retained => messages.push(message),
                Incoming::Message { .. } => {}
                // What is retained comes before the answer to what is asked now, or soon after.
                Incoming::Subscribed { reasons, .. } => {
                    match reasons.iter().find(|reason| reason.is_failure()) {
                        Some(reason) => return Err(dialer.refused(*reason)),
                        None => connection.ping(),
                    }
                }
                Incoming::Pong => has_all = true,
                Incoming::Answer { .. } => return Err(dialer.broken(Broken::Unexpected)),
                Incoming::Connected(_) | Incoming::Refused(_) | Incoming::Disconnect(_) => {
                    return Err(dialer.broken(Broken::Unexpected));
                }
            }
        }
        if is_one && !messages.is_empty() {
            return Ok(messages);
        }
        if messages.len() > usize::from(u16::MAX) {
            return Err(dialer.error(ErrorKind::TooLarge).caused_by("too many messages are retained"));
        }
        tokio::select! {
            progress = connection.progress(true) => progress.map_err(|cause| dialer.broken(cause))?,
            () = clock.sleep(QUIET), if has_all => return Ok(messages),
        }
    }
}
