use std::time::Duration;

use crate::Charset;

/// What a [`NetcatSource`](super::NetcatSource) listens to.
///
/// ```
/// use flowcore_net::{Charset, NetcatConfig};
///
/// let config = NetcatConfig::new("0.0.0.0", 44444).max_line_length(2000).ack_every_event(false);
/// let config = config.encoding(Charset::named("iso-8859-1")?);
/// # let _ = config;
/// # Ok::<(), flowcore_net::UnknownCharset>(())
/// ```
#[derive(Debug, Clone)]
pub struct NetcatConfig {
    pub(super) bind: String,
    pub(super) port: u16,
    pub(super) max_line_length: usize,
    pub(super) ack_every_event: bool,
    pub(super) encoding: Charset,
    pub(super) max_connections: usize,
    pub(super) idle_timeout: Option<Duration>,
}

impl NetcatConfig {
    /// Listens at `bind`, a host name or an address, on `port`; 0 is any free one.
    pub fn new(bind: impl Into<String>, port: u16) -> Self {
        Self {
            bind: bind.into(),
            port,
            max_line_length: 512,
            ack_every_event: true,
            encoding: Charset::UTF_8,
            max_connections: 1024,
            idle_timeout: None,
        }
    }

    /// The longest line in characters, its newline included, at least 1 (`max-line-length`, default 512).
    #[must_use]
    pub fn max_line_length(mut self, characters: usize) -> Self {
        self.max_line_length = characters.max(1);
        self
    }

    /// Whether each line is answered (`ack-every-event`, default true).
    #[must_use]
    pub fn ack_every_event(mut self, answer: bool) -> Self {
        self.ack_every_event = answer;
        self
    }

    /// What lines come in (`encoding`, default UTF-8).
    #[must_use]
    pub fn encoding(mut self, charset: Charset) -> Self {
        self.encoding = charset;
        self
    }

    /// Connections at a time, at least 1; more wait until one ends (`max-connections`, default 1024).
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// A connection that sends nothing for so long is ended (default never).
    #[must_use]
    pub fn idle_timeout(mut self, time: Option<Duration>) -> Self {
        self.idle_timeout = time;
        self
    }
}
