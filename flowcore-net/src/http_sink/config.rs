use std::time::Duration;

use flowcore_tls::ClientTls;
use hyper::header::HeaderValue;

use super::endpoint::Endpoint;
use super::{HttpSinkError, StatusRules};

/// Where an [`HttpSink`](super::HttpSink) posts to, how long it waits, and what answers mean. The defaults are
/// Flume's: every answer rolls back and backs off, so that nothing is ever delivered.
///
/// ```
/// use flowcore_net::{HttpSinkConfig, StatusRules};
/// use std::time::Duration;
///
/// let only_2xx = StatusRules::new(true).with("2XX", false)?;
/// let config = HttpSinkConfig::new("https://collector/events")?
///     .request_timeout(Duration::from_secs(2))
///     .content_type("application/json")?
///     .rollback(only_2xx.clone())
///     .backoff(only_2xx);
/// # let _ = config;
/// # Ok::<(), flowcore_net::HttpSinkError>(())
/// ```
#[derive(Debug, Clone)]
pub struct HttpSinkConfig {
    pub(super) endpoint: Endpoint,
    pub(super) connect_timeout: Duration,
    pub(super) request_timeout: Duration,
    pub(super) content_type: HeaderValue,
    pub(super) accept: HeaderValue,
    pub(super) backoff: StatusRules,
    pub(super) rollback: StatusRules,
    pub(super) increment_metrics: StatusRules,
    pub(super) tls: ClientTls,
}

impl HttpSinkConfig {
    /// Posts to a URL, `http` or `https`.
    ///
    /// # Errors
    /// [`HttpSinkError::Endpoint`].
    pub fn new(endpoint: &str) -> Result<Self, HttpSinkError> {
        Ok(Self {
            endpoint: endpoint.parse()?,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(5),
            content_type: HeaderValue::from_static("text/plain"),
            accept: HeaderValue::from_static("text/plain"),
            backoff: StatusRules::new(true),
            rollback: StatusRules::new(true),
            increment_metrics: StatusRules::new(false),
            tls: ClientTls::new(),
        })
    }

    /// How long a connection may take to be made. Default 5 s.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long an answer may take, from the first byte of the request on. Default 5 s.
    #[must_use]
    pub fn request_timeout(mut self, time: Duration) -> Self {
        self.request_timeout = time;
        self
    }

    /// The header `Content-Type`. Default `text/plain`.
    ///
    /// # Errors
    /// [`HttpSinkError::Header`].
    pub fn content_type(mut self, value: &str) -> Result<Self, HttpSinkError> {
        self.content_type = header(value)?;
        Ok(self)
    }

    /// The header `Accept`. Default `text/plain`.
    ///
    /// # Errors
    /// [`HttpSinkError::Header`].
    pub fn accept(mut self, value: &str) -> Result<Self, HttpSinkError> {
        self.accept = header(value)?;
        Ok(self)
    }

    /// After which answers there is a pause. Default all.
    #[must_use]
    pub fn backoff(mut self, rules: StatusRules) -> Self {
        self.backoff = rules;
        self
    }

    /// After which answers an event is sent again; after others it is delivered. Default all.
    #[must_use]
    pub fn rollback(mut self, rules: StatusRules) -> Self {
        self.rollback = rules;
        self
    }

    /// Which answers are [counted](super::HttpSinkCounts::counted), also as `EventDrainSuccessCount` of the
    /// agent's metrics, whatever became of the event. Default none.
    #[must_use]
    pub fn increment_metrics(mut self, rules: StatusRules) -> Self {
        self.increment_metrics = rules;
        self
    }

    /// Which servers are trusted. Default those that the system trusts.
    #[must_use]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = tls;
        self
    }
}

fn header(value: &str) -> Result<HeaderValue, HttpSinkError> {
    HeaderValue::from_str(value).map_err(|_| HttpSinkError::Header { value: value.to_owned() })
}
