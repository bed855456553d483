use std::fmt::Write;

use async_trait::async_trait;
use flowcore::event::Event;
use flowcore::ingest::{Sink, SinkError};

/// Writes events into the log at level `info`, their bodies as bytes and as text. Every delivery succeeds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HexLoggerSink {
    most: usize,
}

impl HexLoggerSink {
    /// Shows at most so many bytes of a body.
    pub(crate) fn new(most: usize) -> Self {
        Self { most }
    }
}

#[async_trait]
impl Sink for HexLoggerSink {
    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        for event in events {
            tracing::info!("{}", shown(event, self.most));
        }
        Ok(())
    }
}

/// `Event: { headers:{k=v} body: 68 69 …  hi }`, further lines of 16 bytes with their offset.
fn shown(event: &Event, most: usize) -> String {
    let headers =
        event.headers.iter().map(|(name, value)| format!("{}={}", name.escape_debug(), value.escape_debug()));
    let mut line = format!("Event: {{ headers:{{{}}} body:", headers.collect::<Vec<_>>().join(", "));
    for (row, bytes) in event.body[..event.body.len().min(most)].chunks(16).enumerate() {
        if row > 0 {
            // Writing to a `String` cannot fail.
            let _ = write!(line, "\n{:08X}", row * 16);
        }
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let printable = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
        let _ = write!(line, " {:<48}{}", hex.join(" "), bytes.iter().map(printable).collect::<String>());
    }
    line.push_str(" }");
    line
}

#[cfg(test)]
mod tests {
    use super::shown;
    use flowcore::event::Event;

    #[test]
    fn a_body_is_shown_as_flume_shows_it() {
        let event = Event::new("hello").with_header("k", "v");
        let expected = "Event: { headers:{k=v} body: 68 65 6C 6C 6F                                  hello }";
        assert_eq!(shown(&event, 16), expected);
        assert_eq!(shown(&Event::new(""), 16), "Event: { headers:{} body: }");
        let long = shown(&Event::new("0123456789abcdef\x00\x1b"), 17);
        assert!(
            long.ends_with("0123456789abcdef\n00000010 00                                              . }"),
            "{long}"
        );
    }
}
