use std::fmt::{self, Write as _};

use async_trait::async_trait;

use crate::event::Event;
use crate::ingest::{Sink, SinkError};

/// Writes events into the program's log, at level `info`: to see what flows. Every delivery succeeds.
///
/// Of a body its first bytes are shown, with what cannot be printed escaped.
///
/// ```
/// use flowcore::ingest::sink::LoggerSink;
/// let sink = LoggerSink::new().max_body(64);
/// # let _ = sink;
/// ```
#[derive(Debug, Clone)]
pub struct LoggerSink {
    max_body: usize,
}

impl Default for LoggerSink {
    fn default() -> Self {
        Self { max_body: 256 }
    }
}

impl LoggerSink {
    /// Shows 256 bytes of a body.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows at most `bytes` bytes of a body.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }
}

#[async_trait]
impl Sink for LoggerSink {
    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        for event in events {
            let body = Escaped { body: &event.body, most: self.max_body };
            tracing::info!(headers = %Pairs(event), %body, bytes = event.body.len(), "event");
        }
        Ok(())
    }
}

struct Pairs<'a>(&'a Event);

impl fmt::Display for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.0.headers.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{}={}", name.escape_debug(), value.escape_debug())?;
        }
        Ok(())
    }
}

struct Escaped<'a> {
    body: &'a [u8],
    most: usize,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.body[..self.body.len().min(self.most)];
        for chunk in shown.utf8_chunks() {
            for char in chunk.valid().chars() {
                if char.is_control() { write!(f, "{}", char.escape_default())? } else { f.write_char(char)? }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        if shown.len() < self.body.len() { f.write_str("…") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &[u8], most: usize) -> String {
        Escaped { body, most }.to_string()
    }

    #[test]
    fn a_body_is_cut_and_what_cannot_be_printed_is_escaped() {
        assert_eq!(shown(b"plain", 10), "plain");
        assert_eq!(shown(b"plain", 2), "pl…");
        assert_eq!(shown("größe\n\x1b[2J".as_bytes(), 99), "größe\\n\\u{1b}[2J");
        assert_eq!(shown(b"a\xff\x00b", 99), "a\\xff\\u{0}b");
    }

    #[test]
    fn headers_cannot_break_the_line() {
        let event = Event::new("").with_header("a", "1\n2").with_header("b", "3");
        assert_eq!(Pairs(&event).to_string(), "a=1\\n2 b=3");
    }
}
