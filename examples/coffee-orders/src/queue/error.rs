use redis::{ErrorKind, RedisError, ServerErrorKind};

/// The Redis could not be read. The text of a cause has that of its own causes in it: it is no source, so that
/// nothing is said twice.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The URL is none.
    #[error("cannot use this address of a redis: {0}")]
    Address(RedisError),
    /// The server is away, or refused.
    #[error("cannot {what} the redis at {address}: {cause}")]
    Read {
        /// What it was asked for: a verb, and whose.
        what: &'static str,
        /// The server, without user and password.
        address: String,
        /// Why.
        cause: RedisError,
    },
}

impl ServerError {
    /// Whether another attempt makes sense: the server is away, or not ready yet.
    pub fn retries(&self) -> bool {
        let Self::Read { cause, .. } = self else { return false };
        match cause.kind() {
            ErrorKind::Io => true,
            ErrorKind::Server(code) => is_passing(code),
            _ => false,
        }
    }

    /// Whether the server let us in, but not do this.
    pub(super) fn is_denied(&self) -> bool {
        let Self::Read { cause, .. } = self else { return false };
        cause.kind() == ErrorKind::Server(ServerErrorKind::NoPerm)
    }
}

fn is_passing(code: ServerErrorKind) -> bool {
    matches!(code, ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::TryAgain)
}
