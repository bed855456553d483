use std::time::Duration;

/// What a server may take of our time and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// From the look-up of the name to the end of the TLS handshake. 10 s.
    pub connect: Duration,
    /// From there to the end of the answer's head. 30 s.
    pub head: Duration,
    /// From there to the end of the body. 60 s.
    pub body: Duration,
    /// The longest body, in bytes. 8 MiB.
    pub body_bytes: usize,
    /// How many redirects of a GET are followed. 5; with 0 a redirect is an answer like another.
    pub redirects: u8,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            head: Duration::from_secs(30),
            body: Duration::from_mins(1),
            body_bytes: 8 * 1024 * 1024,
            redirects: 5,
        }
    }
}
