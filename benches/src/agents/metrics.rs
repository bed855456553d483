use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// What an agent's monitoring says now.
pub(super) struct Metrics(Value);

impl Metrics {
    /// None while it does not answer.
    pub(super) fn of(port: u16) -> Option<Self> {
        let mut server = TcpStream::connect(("127.0.0.1", port)).ok()?;
        server.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        server.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        server.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok().map(Self)
    }

    /// A number of a component; 0 when there is none.
    pub(super) fn number(&self, component: &str, member: &str) -> u64 {
        let value = self.0.get(component).and_then(|component| component.get(member));
        value.and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}
