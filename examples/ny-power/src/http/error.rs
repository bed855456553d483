use std::error::Error;
use std::io;
use std::time::Duration;

type AnyError = Box<dyn Error + Send + Sync>;

/// Why there is no answer. The address in it has no query and no password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection, or no TLS on it.
    #[error("cannot connect to {target}")]
    Connect {
        /// Whom it was.
        target: String,
        /// Why.
        #[source]
        source: AnyError,
    },
    /// It took too long.
    #[error("no {step} from {target} within {} s", after.as_secs_f64())]
    Timeout {
        /// Whom it was.
        target: String,
        /// `connection`, `answer` or `whole body`.
        step: &'static str,
        /// The time it had.
        after: Duration,
    },
    /// The connection ended before the answer did, or what came is no HTTP.
    #[error("the answer of {target} broke off or is no HTTP")]
    Broken {
        /// Whom it was.
        target: String,
        /// Why.
        #[source]
        source: hyper::Error,
    },
    /// The body is longer than it may be.
    #[error("the answer of {target} has more than {limit} bytes")]
    TooLarge {
        /// Whom it was.
        target: String,
        /// How long it may be.
        limit: usize,
    },
    /// It led elsewhere, too often, or to no address, or out of TLS.
    #[error("{target} leads elsewhere: {reason}")]
    Redirect {
        /// The last one asked.
        target: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl HttpError {
    /// Whether asking again can help without somebody's doing.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Connect { source, .. } => !is_about_data(source.as_ref()),
            Self::Timeout { .. } => true,
            Self::Broken { source, .. } => !source.is_parse() && !source.is_user(),
            Self::TooLarge { .. } | Self::Redirect { .. } => false,
        }
    }
}

/// A certificate that is not trusted, or no TLS at all, does not get better by itself.
fn is_about_data(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        // The source of an input error is that of the error in it, not that error.
        let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = within.map(|error| error as &(dyn Error + 'static)).or_else(|| error.source());
    }
    false
}
