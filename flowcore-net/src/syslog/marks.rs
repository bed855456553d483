use std::io::Write;
use std::sync::Arc;

/// The highest priority of three digits, by eight.
const FACILITIES: usize = 1000 / 8;

/// The names of headers and the values that come again and again, made once.
#[derive(Debug)]
pub(super) struct Marks {
    pub(super) facility: Arc<str>,
    pub(super) severity: Arc<str>,
    pub(super) priority: Arc<str>,
    pub(super) version: Arc<str>,
    pub(super) timestamp: Arc<str>,
    pub(super) host: Arc<str>,
    pub(super) status: Arc<str>,
    numbers: Vec<Arc<str>>,
}

impl Marks {
    /// `priority` and `version` are written small by tcp and udp, and large by multiport.
    pub(super) fn new(priority: &str, version: &str) -> Self {
        Self {
            facility: "Facility".into(),
            severity: "Severity".into(),
            priority: priority.into(),
            version: version.into(),
            timestamp: "timestamp".into(),
            host: "host".into(),
            status: "flume.syslog.status".into(),
            numbers: (0..FACILITIES).map(|number| Arc::from(number.to_string())).collect(),
        }
    }

    /// A small number as text.
    pub(super) fn number(&self, number: usize) -> Arc<str> {
        self.numbers.get(number).map_or_else(|| Arc::from(number.to_string()), Arc::clone)
    }
}

/// A number as text.
pub(super) fn decimal(number: i64) -> Arc<str> {
    let mut text = [0_u8; 20];
    let mut rest = &mut text[..];
    // Twenty bytes hold the longest.
    let _ = write!(rest, "{number}");
    let used = 20 - rest.len();
    Arc::from(str::from_utf8(&text[..used]).unwrap_or_default())
}
