use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use flowcore::base::{DeliveryError, LossKind};
use flowcore::ingest::{SinkError, SourceError};
use flowcore::process::{BoltError, SpoutError};

type Cause = Arc<dyn StdError + Send + Sync>;

/// What a broker did not do, for which component, and whether to try again. Cheap to clone.
///
/// ```
/// use flowcore_mqtt::ErrorKind;
/// assert!(ErrorKind::Unreachable.retries());
/// assert!(!ErrorKind::Login.retries());
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[error("{subject} at {broker}: {kind}")]
pub struct Error {
    subject: Arc<str>,
    broker: Arc<str>,
    kind: ErrorKind,
    #[source]
    cause: Option<Cause>,
}

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It cannot be reached, the connection broke, or it did not answer in time. May pass.
    Unreachable,
    /// It is too busy or shuts down, or a quota is used up. May pass.
    Busy,
    /// It sent something that is no MQTT, or is not allowed here. May pass: the connection is made anew.
    Protocol,
    /// The address or another setting cannot be used.
    Config,
    /// Its certificate is not trusted, or TLS failed.
    Tls,
    /// A wrong user or password, or none where one is needed.
    Login,
    /// The user may not publish or subscribe to this.
    Denied,
    /// Another client has connected with the same client id.
    TakenOver,
    /// A topic or a filter is no good.
    Topic,
    /// A message is larger than the broker takes or we allow.
    TooLarge,
    /// The broker refused for another reason.
    Refused,
}

impl ErrorKind {
    /// Whether another attempt makes sense.
    pub fn retries(self) -> bool {
        matches!(self, Self::Unreachable | Self::Busy | Self::Protocol)
    }

    /// Whether it is the fault of one message: others may go through.
    pub(crate) fn blames_message(self) -> bool {
        matches!(self, Self::Topic | Self::TooLarge)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "the broker is away",
            Self::Busy => "the broker is not ready",
            Self::Protocol => "the broker does not keep to the protocol",
            Self::Config => "the settings cannot be used",
            Self::Tls => "no trusted TLS connection",
            Self::Login => "wrong or missing user or password",
            Self::Denied => "the user has no permission",
            Self::TakenOver => "another client took the client id",
            Self::Topic => "the topic is no good",
            Self::TooLarge => "the message is too large",
            Self::Refused => "the broker refused",
        })
    }
}

impl Error {
    pub(crate) fn new(subject: &Arc<str>, broker: &Arc<str>, kind: ErrorKind) -> Self {
        Self { subject: Arc::clone(subject), broker: Arc::clone(broker), kind, cause: None }
    }

    pub(crate) fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether another attempt makes sense.
    pub fn retries(&self) -> bool {
        self.kind.retries()
    }

    /// As a bolt's error: the tuple is tried again, is a dead letter, or the topology stops.
    pub fn into_bolt_error(self) -> BoltError {
        match self.kind {
            kind if kind.retries() => BoltError::retry(self),
            kind if kind.blames_message() => BoltError::reject(self),
            _ => BoltError::fatal(self),
        }
    }

    /// As a spout's error: the spout is made anew, or the topology stops.
    pub fn into_spout_error(self) -> SpoutError {
        if self.retries() { SpoutError::restart(self) } else { SpoutError::fatal(self) }
    }

    /// What the token of a message is failed with. Only a message that is no good itself is given up: what
    /// stops a whole component loses nothing.
    pub(crate) fn to_delivery_error(&self) -> DeliveryError {
        let kind = if self.kind.blames_message() { LossKind::Rejected } else { LossKind::Failed };
        DeliveryError::new(Arc::clone(&self.subject), kind).caused_by(self.clone())
    }

    /// The error that [`to_delivery_error`](Self::to_delivery_error) put into it.
    pub(crate) fn from_delivery_error(error: &DeliveryError) -> Option<Self> {
        // A shared cause is shown as what shares it.
        error.source()?.downcast_ref::<Cause>()?.downcast_ref::<Self>().cloned()
    }
}

impl From<Error> for SinkError {
    fn from(error: Error) -> Self {
        if error.retries() { Self::retry(error) } else { Self::fatal(error) }
    }
}

impl From<Error> for SourceError {
    fn from(error: Error) -> Self {
        if error.retries() { Self::retry(error) } else { Self::fatal(error) }
    }
}
