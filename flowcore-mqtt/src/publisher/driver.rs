use std::sync::{Arc, OnceLock};
use std::time::Duration;

use flowcore::base::Token;
use tokio::sync::mpsc;

use super::Job;
use super::outbox::{Answered, Outbox, Step, Window};
use crate::client::{Answer, Connected, Incoming, publish_size};
use crate::link::{Broken, Connection, Dialer};
use crate::{Error, ErrorKind, MqttConfig, Publish, Version};

/// The task that has the connection.
pub(super) struct Driver {
    dialer: Dialer,
    jobs: mpsc::Receiver<Vec<Job>>,
    outbox: Outbox,
    failure: Arc<OnceLock<Error>>,
    patience: Option<Duration>,
    /// Nobody sends more.
    is_closing: bool,
}

impl Driver {
    pub(super) fn new(
        dialer: Dialer,
        jobs: mpsc::Receiver<Vec<Job>>,
        failure: Arc<OnceLock<Error>>,
        patience: Option<Duration>,
    ) -> Self {
        Self { dialer, jobs, outbox: Outbox::new(), failure, patience, is_closing: false }
    }

    /// Until all is published that will be, or an error comes that will not pass.
    pub(super) async fn run(mut self, connection: Connection) {
        if let Err(error) = self.run_until_closed(connection).await {
            self.end(&error);
        }
    }

    async fn run_until_closed(&mut self, mut connection: Connection) -> Result<(), Error> {
        loop {
            let error = match self.serve(&mut connection).await {
                Ok(()) => return Ok(()),
                Err(error) if error.retries() => error,
                Err(error) => return Err(error),
            };
            drop(connection);
            connection = match self.reconnect(error).await? {
                Some(connection) => connection,
                None => return Ok(()),
            };
        }
    }

    /// `None` when there is nothing left to do.
    async fn reconnect(&mut self, mut error: Error) -> Result<Option<Connection>, Error> {
        loop {
            error = match self.dial_again(&error).await {
                Some(Err(error)) if error.retries() => error,
                Some(outcome) => return outcome.map(Some),
                None => return Ok(None),
            };
            self.give_up(&error);
        }
    }

    /// Takes what is to be published meanwhile, as much as it may hold.
    async fn dial_again(&mut self, error: &Error) -> Option<Result<Connection, Error>> {
        let Self { dialer, jobs, outbox, patience, is_closing, .. } = self;
        let most = 2 * usize::from(dialer.config().max_in_flight);
        let again = async {
            dialer.pause(error).await;
            dialer.dial(*patience).await
        };
        let mut again = std::pin::pin!(again);
        while !*is_closing || outbox.len() > 0 {
            tokio::select! {
                outcome = &mut again => return Some(outcome),
                more = jobs.recv(), if outbox.len() < most && !*is_closing => match more {
                    Some(more) => more.into_iter().for_each(|job| outbox.push(job)),
                    None => *is_closing = true,
                },
            }
        }
        None
    }

    /// The patience is over: what waits has failed, and must not be sent later.
    fn give_up(&mut self, error: &Error) {
        self.dialer.begin_anew();
        for token in self.outbox.give_up() {
            token.fail(error.to_delivery_error());
        }
        while let Ok(jobs) = self.jobs.try_recv() {
            for job in jobs {
                job.token.fail(error.to_delivery_error());
            }
        }
    }

    fn end(&mut self, error: &Error) {
        // Set before the tokens fail: who is told looks here.
        let _ = self.failure.set(error.clone());
        self.jobs.close();
        self.give_up(error);
    }

    /// Publishes over one connection, until it breaks or all is done.
    async fn serve(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let connected = *connection.connected();
        self.outbox.connected(&connected, window(self.dialer.config(), &connected));
        loop {
            self.fill(connection, &connected);
            if connection.is_written() {
                self.outbox.written(Token::ack);
            }
            if self.is_closing && self.outbox.len() == 0 {
                // All is answered: what is missing is a farewell, and no more.
                connection.leave(self.dialer.forgets(), self.dialer.config().connect_timeout).await;
                return Ok(());
            }
            let has_room = self.outbox.len() < 2 * usize::from(self.dialer.config().max_in_flight);
            tokio::select! {
                progress = connection.progress(true) => {
                    progress.map_err(|cause| self.dialer.broken(cause))?;
                    self.take_answers(connection)?;
                }
                jobs = self.jobs.recv(), if has_room && !self.is_closing => match jobs {
                    Some(jobs) => jobs.into_iter().for_each(|job| self.outbox.push(job)),
                    None => self.is_closing = true,
                },
            }
        }
    }

    /// Hands as much to the connection as window and buffer have room for.
    fn fill(&mut self, connection: &mut Connection, connected: &Connected) {
        while connection.has_room() {
            let dialer = &self.dialer;
            if let Some(error) = self.outbox.unsent().and_then(|publish| check(dialer, publish, connected)) {
                if let Some(token) = self.outbox.withdraw() {
                    token.fail(error.to_delivery_error());
                }
                continue;
            }
            match self.outbox.next() {
                Some(Step::Publish { publish, id, duplicate }) => connection.publish(publish, id, duplicate),
                Some(Step::Release(id)) => connection.answer(Answer::Released, id),
                None => return,
            }
        }
    }

    fn take_answers(&mut self, connection: &mut Connection) -> Result<(), Error> {
        while let Some(incoming) = connection.next().map_err(|cause| self.dialer.broken(cause))? {
            match incoming {
                Incoming::Answer { answer, id, reason } => {
                    self.dialer.works();
                    match self.outbox.answered(answer, id, reason) {
                        Answered::Delivered(token) => token.ack(),
                        Answered::Release(id) => connection.answer(Answer::Released, id),
                        Answered::Refused(token) => refuse(token, self.dialer.refused(reason))?,
                        Answered::Nothing => tracing::debug!(?answer, id, "an answer to nothing"),
                    }
                }
                Incoming::Pong => {}
                _ => return Err(self.dialer.broken(Broken::Unexpected)),
            }
        }
        Ok(())
    }
}

/// A broker of 3.1.1 cannot say how many messages it takes at QoS 2 before the first one is complete, and
/// Mosquitto drops what is above its limit, 20 by default, and says that it has received it.
const HANDSHAKES: usize = 20;

fn window(config: &MqttConfig, connected: &Connected) -> Window {
    let messages = usize::from(config.max_in_flight.min(connected.receive_maximum));
    let handshakes = if config.version == Version::V5 { messages } else { messages.min(HANDSHAKES) };
    Window { messages, handshakes }
}

/// A message that is no good, or that has to wait, fails alone. Anything else ends all.
fn refuse(token: Token, error: Error) -> Result<(), Error> {
    token.fail(error.to_delivery_error());
    if error.retries() || error.kind().blames_message() { Ok(()) } else { Err(error) }
}

/// What the broker has said that it does not take.
fn check(dialer: &Dialer, publish: &Publish, connected: &Connected) -> Option<Error> {
    let config = dialer.config();
    let limit = config.max_packet_size.min(connected.max_packet_size);
    let size = publish_size(config.version, publish);
    let refused =
        |kind, cause: String| Some(dialer.error(kind).caused_by(format!("topic {}: {cause}", publish.topic)));
    if size > usize::try_from(limit).unwrap_or(usize::MAX) {
        return refused(ErrorKind::TooLarge, format!("{size} bytes, and {limit} are allowed"));
    }
    if publish.qos.level() > connected.max_qos {
        return refused(ErrorKind::Refused, format!("QoS is at most {} there", connected.max_qos));
    }
    if publish.retain && !connected.retains {
        return refused(ErrorKind::Refused, "nothing is retained there".to_owned());
    }
    None
}
