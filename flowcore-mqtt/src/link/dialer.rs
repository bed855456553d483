use std::io;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Backoff, Clock, random_u64};
use tokio_rustls::TlsConnector;

use super::connection::{Broken, Connection, Refusal};
use super::{stream, tls};
use crate::address::Address;
use crate::client::{Connect, Reason};
use crate::{Error, ErrorKind, MqttConfig, QoS, Session, topic};

/// Makes the connections of one component, one after the other.
#[derive(Debug)]
pub(crate) struct Dialer {
    config: MqttConfig,
    subject: Arc<str>,
    broker: Arc<str>,
    client_id: String,
    clock: Clock,
    ready: Option<Ready>,
    backoff: Backoff,
    /// There was a connection already: what is under way belongs to its session.
    has_connected: bool,
    /// What was under way was given up: the session is of no use.
    begin_anew: bool,
}

/// Settings that were looked at.
#[derive(Clone)]
struct Ready {
    address: Address,
    login: Option<(String, String)>,
    tls: Option<TlsConnector>,
}

/// How long the session of a connection that broke is kept for us, with MQTT 5.
const SECONDS_TO_RETURN: u32 = 60;

impl Dialer {
    /// For the component called `subject` in errors.
    pub(crate) fn new(config: &MqttConfig, subject: impl Into<Arc<str>>, clock: &Clock) -> Self {
        Self {
            subject: subject.into(),
            broker: Arc::from("mqtt"),
            client_id: config.client_id.clone().unwrap_or_else(random_id),
            clock: clock.clone(),
            ready: None,
            backoff: config.backoff.clone(),
            has_connected: false,
            begin_anew: false,
            config: config.clone(),
        }
    }

    pub(crate) fn config(&self) -> &MqttConfig {
        &self.config
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(&self.subject, &self.broker, kind)
    }

    /// The broker's answer to one request.
    pub(crate) fn refused(&self, reason: Reason) -> Error {
        self.error(reason.kind()).caused_by(reason)
    }

    pub(crate) fn broken(&self, cause: Broken) -> Error {
        let kind = match &cause {
            Broken::Io(error) => kind_of(error),
            Broken::Closed | Broken::Silent => ErrorKind::Unreachable,
            Broken::Frame(_) | Broken::Malformed(_) | Broken::Unexpected => ErrorKind::Protocol,
            Broken::Told(reason) => reason.kind(),
            Broken::Unsendable(_) => ErrorKind::Config,
        };
        self.error(kind).caused_by(cause)
    }

    /// The next connection is to begin with nothing.
    pub(crate) fn begin_anew(&mut self) {
        self.begin_anew = true;
    }

    /// Whether the session ends with its component.
    pub(crate) fn forgets(&self) -> bool {
        self.config.session == Session::Clean
    }

    /// Connects, and tries again until it has worked, an error will not pass or the patience is over. Safe to
    /// cancel: the next call tries anew.
    pub(crate) async fn dial(&mut self, patience: Option<Duration>) -> Result<Connection, Error> {
        let waited = self.clock.stopwatch();
        loop {
            let error = match self.dial_once().await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            if !error.retries() || patience.is_some_and(|patience| waited.elapsed() >= patience) {
                return Err(error);
            }
            self.pause(&error).await;
        }
    }

    /// A pause before the next attempt.
    pub(crate) async fn pause(&mut self, error: &Error) {
        let delay = self.backoff.next_delay();
        if self.backoff.attempts() == 1 {
            tracing::warn!(error = error as &dyn std::error::Error, "trying again until the broker answers");
        }
        self.clock.sleep(delay).await;
    }

    /// The connection works: the next pause is a short one.
    pub(crate) fn works(&mut self) {
        self.backoff.reset();
    }

    async fn dial_once(&mut self) -> Result<Connection, Error> {
        let ready = self.get_ready().await?;
        let limit = self.config.connect_timeout;
        match tokio::time::timeout(limit, self.connect(&ready)).await {
            Ok(Ok(connection)) => {
                self.has_connected = true;
                self.begin_anew = false;
                Ok(connection)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(self.error(ErrorKind::Unreachable).caused_by("it did not answer in time")),
        }
    }

    async fn connect(&self, ready: &Ready) -> Result<Connection, Error> {
        let opened = stream::open(&ready.address, ready.tls.as_ref()).await;
        let stream = opened.map_err(|cause| self.error(kind_of(&cause)).caused_by(cause))?;
        let config = &self.config;
        let mut connection =
            Connection::new(stream, ready.tls.is_some(), config.version, config.max_packet_size, &self.clock);
        match connection.log_in(&self.greeting(ready)).await {
            Ok(_) => Ok(connection),
            Err(Refusal::Refused(reason)) => Err(self.refused(reason)),
            Err(Refusal::Broken(cause)) => Err(self.broken(cause)),
        }
    }

    fn greeting<'a>(&'a self, ready: &'a Ready) -> Connect<'a> {
        let config = &self.config;
        let (clean, expiry) = match (config.session, config.version) {
            (Session::Clean, crate::Version::V3_1_1) => (true, 0),
            (Session::Clean, crate::Version::V5) => (!self.has_connected, SECONDS_TO_RETURN),
            (Session::Persistent(time), _) => (false, u32::try_from(time.as_secs()).unwrap_or(u32::MAX)),
        };
        Connect {
            version: config.version,
            client_id: &self.client_id,
            login: ready.login.as_ref(),
            clean: clean || self.begin_anew,
            expiry,
            keep_alive: u16::try_from(config.keep_alive.as_secs()).unwrap_or(u16::MAX),
            receive_maximum: config.max_in_flight,
            max_packet_size: config.max_packet_size,
            last_will: config.last_will.as_ref(),
        }
    }

    async fn get_ready(&mut self) -> Result<Ready, Error> {
        if let Some(ready) = &self.ready {
            return Ok(ready.clone());
        }
        let config_error = |error: &Self| error.error(ErrorKind::Config);
        let address =
            Address::parse(&self.config.address).map_err(|cause| config_error(self).caused_by(cause))?;
        self.broker = address.name();
        self.check_settings()?;
        let tls = if address.tls { Some(self.load_roots().await?) } else { None };
        let login = self.config.login.clone().or_else(|| address.login.clone());
        let ready = Ready { address, login, tls };
        self.ready = Some(ready.clone());
        Ok(ready)
    }

    fn check_settings(&self) -> Result<(), Error> {
        if self.config.session != Session::Clean && self.config.client_id.is_none() {
            let cause = "a persistent session needs a client id";
            return Err(self.error(ErrorKind::Config).caused_by(cause));
        }
        if let Some(will) = &self.config.last_will {
            let checked = topic::check_topic(&will.topic);
            checked.map_err(|cause| self.error(ErrorKind::Topic).caused_by(cause))?;
        }
        Ok(())
    }

    /// The system's authorities are in files.
    async fn load_roots(&self) -> Result<TlsConnector, Error> {
        let pem = self.config.root_certificate.clone();
        match flowcore::base::blocking(move || tls::connector(pem.as_deref())).await {
            Ok(Ok(connector)) => Ok(connector),
            Ok(Err(cause)) => Err(self.error(ErrorKind::Tls).caused_by(cause)),
            Err(panic) => Err(self.error(ErrorKind::Tls).caused_by(panic)),
        }
    }

    /// Checks what is subscribed to.
    pub(crate) fn check_filters(&self, filters: &[(String, QoS)]) -> Result<(), Error> {
        if filters.is_empty() {
            return Err(self.error(ErrorKind::Config).caused_by("nothing is subscribed to"));
        }
        for (filter, _) in filters {
            topic::check_filter(filter).map_err(|cause| {
                self.error(ErrorKind::Topic).caused_by(format!("filter {filter}: {cause}"))
            })?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Ready {
    /// Without the login.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A failure of TLS will not pass; one of the network may.
fn kind_of(error: &io::Error) -> ErrorKind {
    let is_tls = error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>);
    if is_tls || error.kind() == io::ErrorKind::InvalidInput {
        ErrorKind::Tls
    } else {
        ErrorKind::Unreachable
    }
}

/// Brokers of 3.1.1 need not take more than 23 letters.
fn random_id() -> String {
    format!("flowcore-{:014x}", random_u64() >> 8)
}
