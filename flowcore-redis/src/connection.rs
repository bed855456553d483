use std::time::Duration;

use flowcore::base::{Backoff, Clock, Stopwatch};
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, Pipeline, RedisError, RedisResult, TlsCertificates, Value};

use crate::error::Answer;
use crate::{Error, ErrorKind, RedisConfig};

/// One connection that is made when it is needed and made anew when it broke.
///
/// It says for each error whether it may pass: what may not goes to the caller at once.
pub(crate) struct Connection {
    config: RedisConfig,
    subject: String,
    server: String,
    clock: Clock,
    patience: Option<Duration>,
    response_timeout: Duration,
    client: Option<Client>,
    live: Option<MultiplexedConnection>,
    backoff: Backoff,
    connects: u64,
}

impl Connection {
    /// For the component called `subject` in errors.
    pub(crate) fn new(config: &RedisConfig, subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            server: "redis".to_owned(),
            clock: Clock::system(),
            patience: Some(config.patience),
            response_timeout: config.response_timeout,
            client: None,
            live: None,
            backoff: config.backoff.clone(),
            connects: 0,
            config: config.clone(),
        }
    }

    /// For readers, which have nothing to do but wait for their server.
    pub(crate) fn for_ever(mut self) -> Self {
        self.patience = None;
        self
    }

    /// For commands that block in the server for up to `block`.
    pub(crate) fn blocking_for(mut self, block: Duration) -> Self {
        self.response_timeout += block;
        self
    }

    pub(crate) fn set_clock(&mut self, clock: &Clock) {
        self.clock = clock.clone();
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How often a connection was made: a change says that answers may have been lost.
    pub(crate) fn connects(&self) -> u64 {
        self.connects
    }

    /// Sends `pipe` until it is answered: more than once when an answer is lost.
    pub(crate) async fn run(&mut self, pipe: &Pipeline) -> Result<Vec<Value>, Error> {
        self.run_within(pipe, self.patience).await
    }

    /// The same with a patience of its own.
    pub(crate) async fn run_within(
        &mut self,
        pipe: &Pipeline,
        patience: Option<Duration>,
    ) -> Result<Vec<Value>, Error> {
        let waited = self.clock.stopwatch();
        loop {
            match self.once(pipe).await {
                Ok(values) => return Ok(values),
                Err(error) => self.pause_after(error, waited, patience).await?,
            }
        }
    }

    /// Whether the server is there and lets us in.
    pub(crate) async fn check(&mut self) -> Result<(), Error> {
        let mut ping = Pipeline::new();
        ping.cmd("PING");
        match self.run(&ping).await {
            // A user who may only write is in nevertheless.
            Err(error) if error.kind() != ErrorKind::Denied => Err(error),
            _ => Ok(()),
        }
    }

    /// The same for a pipe of one command.
    pub(crate) async fn run_one(&mut self, pipe: &Pipeline) -> Result<Value, Error> {
        let answer = self.run(pipe).await?.into_iter().next();
        answer.ok_or_else(|| self.error(ErrorKind::Reply))
    }

    /// Sends `pipe` once. A transaction is answered with one value, nil when a watched key has changed.
    pub(crate) async fn once(&mut self, pipe: &Pipeline) -> Result<Vec<Value>, Error> {
        let mut live = self.connected().await?;
        let sent = if pipe.is_transaction() {
            live.send_packed_commands(pipe, pipe.len() + 1, 1).await
        } else {
            live.send_packed_commands(pipe, 0, pipe.len()).await
        };
        match sent.and_then(without_errors) {
            Ok(values) => {
                self.backoff.reset();
                Ok(values)
            }
            Err(cause) => Err(self.broken(cause)),
        }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// `error`, when it will not pass or the patience is over.
    pub(crate) async fn pause_after(
        &mut self,
        error: Error,
        waited: Stopwatch,
        patience: Option<Duration>,
    ) -> Result<(), Error> {
        let over = patience.is_some_and(|patience| waited.elapsed() >= patience);
        if !error.retries() || over {
            return Err(error);
        }
        let delay = self.backoff.next_delay();
        if self.backoff.attempts() == 1 {
            tracing::warn!(%error, "trying again until the server answers");
        }
        self.clock.sleep(delay).await;
        Ok(())
    }

    /// A connection of its own for subscriptions.
    pub(crate) async fn pub_sub(&mut self) -> Result<PubSub, Error> {
        let client = self.client()?;
        match tokio::time::timeout(self.config.connect_timeout, client.get_async_pubsub()).await {
            Ok(Ok(pub_sub)) => Ok(pub_sub),
            Ok(Err(cause)) => Err(self.broken(cause)),
            Err(_) => Err(self.error(ErrorKind::Unreachable)),
        }
    }

    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(&self.subject, &self.server, kind)
    }

    pub(crate) fn broken(&mut self, cause: RedisError) -> Error {
        let error = Error::from_redis(&self.subject, &self.server, cause);
        // A server that refuses for now may have become a replica: look who is there.
        if error.retries() {
            self.live = None;
        }
        error
    }

    /// The answer worked: the next failure starts with a short pause again.
    pub(crate) fn answered(&mut self) {
        self.backoff.reset();
    }

    async fn connected(&mut self) -> Result<MultiplexedConnection, Error> {
        if let Some(live) = &self.live {
            return Ok(live.clone());
        }
        let client = self.client()?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.config.connect_timeout))
            .set_response_timeout(Some(self.response_timeout));
        match client.get_multiplexed_async_connection_with_config(&config).await {
            Ok(live) => {
                self.connects += 1;
                self.live = Some(live.clone());
                Ok(live)
            }
            Err(cause) => Err(self.broken(cause)),
        }
    }

    fn client(&mut self) -> Result<Client, Error> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client =
            open(&self.config).map_err(|cause| self.error(ErrorKind::Config).caused_by(Answer(cause)))?;
        self.server = client.get_connection_info().addr().to_string();
        self.client = Some(client.clone());
        Ok(client)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("subject", &self.subject)
            .field("server", &self.server)
            .field("connected", &self.live.is_some())
            .finish_non_exhaustive()
    }
}

fn open(config: &RedisConfig) -> RedisResult<Client> {
    // Says which of the crypto libraries in the program TLS uses; refused if the program said so before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match &config.root_certificate {
        None => Client::open(config.url.as_str()),
        Some(pem) => {
            let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem.clone()) };
            Client::build_with_tls(config.url.as_str(), certificates)
        }
    }
}

/// The first error among the answers is the answer: also inside a transaction's.
fn without_errors(values: Vec<Value>) -> RedisResult<Vec<Value>> {
    values.into_iter().map(Value::extract_error).collect()
}
