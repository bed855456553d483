use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use flowcore::ingest::{SinkError, SourceError};
use flowcore::process::{BoltError, SpoutError};
use redis::{RedisError, ServerErrorKind};

type Cause = Box<dyn StdError + Send + Sync>;

/// What a Redis server did not do, for which component, and whether to try again.
///
/// ```
/// use flowcore_redis::ErrorKind;
/// assert!(ErrorKind::Unreachable.retries());
/// assert!(!ErrorKind::WrongType.retries());
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{subject} at {server}: {kind}")]
pub struct Error {
    subject: String,
    server: String,
    kind: ErrorKind,
    #[source]
    cause: Option<Cause>,
}

/// What the client library says. Its text has that of its sources in it: the chain ends here, so that nothing
/// is said twice.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) RedisError);

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Answer {}

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It cannot be reached, or the connection broke. May pass.
    Unreachable,
    /// It is loading its data, has no writable disk, or has too many clients. May pass.
    Busy,
    /// The address cannot be used.
    Config,
    /// The server's certificate is not trusted, or TLS failed.
    Tls,
    /// A wrong user or password, or none where one is needed.
    Login,
    /// The user may not use this command or key.
    Denied,
    /// The key holds another type.
    WrongType,
    /// The server's memory limit is reached.
    OutOfMemory,
    /// The stream or its consumer group is not there.
    Missing,
    /// Another consumer took over: this one must not remove or commit anything.
    Fenced,
    /// The server refused the command for another reason.
    Refused,
    /// The server answered with something that is no answer to the question.
    Reply,
    /// An event has not what the component needs of it.
    Event,
}

impl ErrorKind {
    /// Whether another attempt makes sense.
    pub fn retries(self) -> bool {
        matches!(self, Self::Unreachable | Self::Busy)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "the server is away",
            Self::Busy => "the server is not ready",
            Self::Config => "the address cannot be used",
            Self::Tls => "no trusted TLS connection",
            Self::Login => "wrong or missing user or password",
            Self::Denied => "the user has no permission",
            Self::WrongType => "the key holds another type",
            Self::OutOfMemory => "the server is out of memory",
            Self::Missing => "the stream or its group is missing",
            Self::Fenced => "the lease is lost, another consumer took over",
            Self::Refused => "the server refused the command",
            Self::Reply => "the answer makes no sense",
            Self::Event => "the event cannot be written",
        })
    }
}

impl Error {
    pub(crate) fn new(subject: &str, server: &str, kind: ErrorKind) -> Self {
        Self { subject: subject.to_owned(), server: server.to_owned(), kind, cause: None }
    }

    pub(crate) fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(crate) fn from_redis(subject: &str, server: &str, cause: RedisError) -> Self {
        Self::new(subject, server, classify(&cause)).caused_by(Answer(cause))
    }

    /// Whether the server gave this code.
    pub(crate) fn says(&self, code: &str) -> bool {
        self.cause.as_ref().is_some_and(|cause| cause.to_string().contains(code))
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether another attempt makes sense.
    pub fn retries(&self) -> bool {
        self.kind.retries()
    }

    /// As a bolt's error: the tuple is tried again, or the topology stops.
    pub fn into_bolt_error(self) -> BoltError {
        if self.retries() { BoltError::retry(self) } else { BoltError::fatal(self) }
    }

    /// As a spout's error: the spout is made anew, or the topology stops.
    pub fn into_spout_error(self) -> SpoutError {
        if self.retries() { SpoutError::restart(self) } else { SpoutError::fatal(self) }
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

fn classify(error: &RedisError) -> ErrorKind {
    match error.kind() {
        redis::ErrorKind::Io if is_tls(error) => ErrorKind::Tls,
        redis::ErrorKind::Io | redis::ErrorKind::Parse => ErrorKind::Unreachable,
        redis::ErrorKind::InvalidClientConfig => ErrorKind::Config,
        redis::ErrorKind::AuthenticationFailed => login_or_busy(error),
        redis::ErrorKind::Server(kind) => classify_known(kind, &error.to_string()),
        _ => classify_text(&error.to_string()),
    }
}

/// A failed login may also be a server that is still loading, or that has too many clients.
fn login_or_busy(error: &RedisError) -> ErrorKind {
    match classify_text(&error.to_string()) {
        ErrorKind::Refused => ErrorKind::Login,
        kind => kind,
    }
}

fn classify_known(kind: ServerErrorKind, text: &str) -> ErrorKind {
    match kind {
        ServerErrorKind::BusyLoading
        | ServerErrorKind::TryAgain
        | ServerErrorKind::ClusterDown
        | ServerErrorKind::MasterDown
        | ServerErrorKind::ReadOnly => ErrorKind::Busy,
        ServerErrorKind::NoPerm => ErrorKind::Denied,
        _ => classify_text(text),
    }
}

/// Codes that the client library does not tell apart, also inside the report about a pipeline or a script.
fn classify_text(text: &str) -> ErrorKind {
    const CODES: [(&str, ErrorKind); 14] = [
        ("WRONGTYPE", ErrorKind::WrongType),
        ("OOM", ErrorKind::OutOfMemory),
        ("NOPERM", ErrorKind::Denied),
        ("WRONGPASS", ErrorKind::Login),
        ("NOAUTH", ErrorKind::Login),
        // A server that wants a password looks at short commands only.
        ("unauthenticated", ErrorKind::Login),
        ("FENCED", ErrorKind::Fenced),
        ("NOGROUP", ErrorKind::Missing),
        ("UNBLOCKED", ErrorKind::Missing),
        ("MISCONF", ErrorKind::Busy),
        ("LOADING", ErrorKind::Busy),
        ("BUSY ", ErrorKind::Busy),
        ("NOREPLICAS", ErrorKind::Busy),
        ("max number of clients", ErrorKind::Busy),
    ];
    let found = CODES.iter().find(|(code, _)| text.contains(code));
    found.map_or(ErrorKind::Refused, |(_, kind)| *kind)
}

fn is_tls(error: &RedisError) -> bool {
    let cause =
        StdError::source(error).and_then(|cause| cause.downcast_ref::<Arc<dyn StdError + Send + Sync>>());
    let io = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
    io.and_then(io::Error::get_ref).is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>)
}
