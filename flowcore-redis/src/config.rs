use std::fmt;
use std::time::Duration;

use flowcore::base::Backoff;

/// Which server, and how long to wait for it.
///
/// The URL is `redis://[user[:password]@]host[:port][/database]`, `rediss://…` for TLS, or
/// `redis+unix:///path[?db=database&user=…&pass=…]`. The certificate of a TLS server must be signed by an
/// authority that the system trusts, or by [`root_certificate`](Self::root_certificate).
///
/// ```
/// use flowcore_redis::RedisConfig;
/// use std::time::Duration;
///
/// let config = RedisConfig::new("rediss://app:secret@redis.example:6380/2").patience(Duration::from_secs(5));
/// assert!(!format!("{config:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct RedisConfig {
    pub(crate) url: String,
    pub(crate) root_certificate: Option<Vec<u8>>,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) patience: Duration,
    pub(crate) backoff: Backoff,
}

impl RedisConfig {
    /// The server at `url`. Whether the URL can be used is said when a component starts.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            root_certificate: None,
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(10),
            patience: Duration::from_mins(1),
            backoff: Backoff::new(Duration::from_millis(20), Duration::from_millis(500)),
        }
    }

    /// Trust servers whose certificate is signed by this authority (PEM), and no others.
    #[must_use]
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificate = Some(pem.into());
        self
    }

    /// How long one attempt to connect may take. Default 5 s.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long the server may take for an answer before the connection counts as broken. Default 10 s.
    #[must_use]
    pub fn response_timeout(mut self, time: Duration) -> Self {
        self.response_timeout = time;
        self
    }

    /// How long a sink goes on trying to reach the server inside one delivery, before it returns an error
    /// that may pass. Default 60 s. Sources and spouts have nothing else to do and go on for ever.
    #[must_use]
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// The pauses between attempts to connect. Default 20 ms doubling to 500 ms.
    #[must_use]
    pub fn backoff(mut self, first: Duration, largest: Duration) -> Self {
        self.backoff = Backoff::new(first, largest);
        self
    }
}

impl fmt::Debug for RedisConfig {
    /// Without the URL: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig").field("patience", &self.patience).finish_non_exhaustive()
    }
}
