use std::sync::Arc;

use super::error::{EscapeError, PathTemplateError};
use super::part::{HostPart, Part, parts};
use super::time_text::Moment;
use super::{MissingTimestamp, RoundUnit};
use crate::base::Timestamp;
use crate::event::Headers;
use crate::ingest::LocalHost;
use crate::ingest::calendar::{FixedOffset, TimeZone};

/// The header that has the time of an event.
const TIMESTAMP: &str = "timestamp";

/// A path or a name with escapes, filled in for each event.
///
/// `%{name}` is a header, empty where it is absent. The time is that of header `timestamp`, in milliseconds
/// since 1970: `%t` these milliseconds as they are, `%s` seconds since 1970, `%a %A` day of the week (`Mon`,
/// `Monday`), `%b %B` month (`Jan`, `January`), `%c` date and time, `%d %e` day of the month (`05`, `5`),
/// `%D` as in `01/31/24`, `%H %k` hour from 0 (`07`, `7`), `%I %l` hour from 1 to 12, `%j` day of the year,
/// `%m %n` month (`03`, `3`), `%M` minute, `%S` second, `%p` AM or PM, `%y %Y` year (`24`, `2024`), `%z` as in
/// `+0900`. `%[localhost]` and `%[FQDN]` are the name of this machine, `%[IP]` its address. `%%` is a percent
/// sign; any other letter stands for nothing. Names are English.
///
/// A header may have anything in it, `../` and `/` too: who makes files of paths keeps them inside a folder.
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::event::Event;
/// use flowcore::ingest::path_escape::{PathTemplate, Rendered, RoundUnit};
///
/// let path = PathTemplate::new("/logs/%{host}/%Y-%m-%d/%H%M")?.round_down(10, RoundUnit::Minute)?;
/// let event = Event::new("").with_header("host", "web1").with_header("timestamp", "1709251199500");
/// let mut text = String::new();
/// let rendered = path.render(&event.headers, Timestamp::from_millis(0), &mut text)?;
/// assert_eq!((rendered, text.as_str()), (Rendered::Path, "/logs/web1/2024-02-29/2350"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct PathTemplate {
    text: String,
    parts: Vec<Part>,
    zone: Arc<dyn TimeZone>,
    round: Option<(u32, RoundUnit)>,
    local_time: bool,
    missing: MissingTimestamp,
    host: LocalHost,
}

/// Whether an event has a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendered {
    /// It has.
    Path,
    /// It lacks a time, and is to be dropped.
    Dropped,
}

impl PathTemplate {
    /// Reads `path`. Times are those of UTC.
    ///
    /// # Errors
    /// [`PathTemplateError::UnknownHostEscape`].
    pub fn new(path: impl Into<String>) -> Result<Self, PathTemplateError> {
        let text = path.into();
        Ok(Self {
            parts: parts(&text)?,
            text,
            zone: Arc::new(FixedOffset::UTC),
            round: None,
            local_time: false,
            missing: MissingTimestamp::Fail,
            host: LocalHost::default(),
        })
    }

    /// Times are those of `zone`.
    #[must_use]
    pub fn zone(mut self, zone: Arc<dyn TimeZone>) -> Self {
        self.zone = zone;
        self
    }

    /// Times but that of `%t` are rounded down to multiples of `value` units.
    ///
    /// # Errors
    /// [`PathTemplateError::RoundValue`] for 0, more than 60 seconds or minutes, more than 24 hours.
    pub fn round_down(mut self, value: u32, unit: RoundUnit) -> Result<Self, PathTemplateError> {
        let most = unit.most();
        if !(1..=most).contains(&value) {
            return Err(PathTemplateError::RoundValue { value, unit, most });
        }
        self.round = Some((value, unit));
        Ok(self)
    }

    /// Whether the time is the one it is, not that of the event; false unless said otherwise.
    #[must_use]
    pub fn use_local_timestamp(mut self, local: bool) -> Self {
        self.local_time = local;
        self
    }

    /// What happens to an event without a time; an error unless said otherwise.
    #[must_use]
    pub fn timestamp_missing(mut self, missing: MissingTimestamp) -> Self {
        self.missing = missing;
        self
    }

    /// What this machine is called; not known unless said otherwise, and nothing then.
    #[must_use]
    pub fn host(mut self, host: LocalHost) -> Self {
        self.host = host;
        self
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it needs header `timestamp` of events.
    pub fn needs_timestamp(&self) -> bool {
        !self.local_time && self.parts.iter().any(|part| matches!(part, Part::Time(_) | Part::Millis))
    }

    /// Whether it names this machine.
    pub fn needs_host(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Host(_)))
    }

    /// Puts the path for an event with `headers` behind what is in `out`, at `now`.
    ///
    /// # Errors
    /// [`EscapeError`] when it needs a time and the event has none, or none that can be read.
    pub fn render(
        &self,
        headers: &Headers,
        now: Timestamp,
        out: &mut String,
    ) -> Result<Rendered, EscapeError> {
        let needs_time = self.parts.iter().any(|part| matches!(part, Part::Time(_) | Part::Millis));
        let instant = if needs_time { self.instant(headers, now)? } else { Some(now) };
        let Some(instant) = instant else { return Ok(Rendered::Dropped) };
        let mut moment = None;
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Header(name) => out.push_str(headers.get(name).unwrap_or_default()),
                Part::Host(HostPart::Name) => out.push_str(self.host.name().unwrap_or_default()),
                Part::Host(HostPart::Address) => out.push_str(self.host.address().unwrap_or_default()),
                Part::Millis => self.millis(headers, instant, out),
                Part::Time(letter) => {
                    let moment = moment.get_or_insert_with(|| self.moment(instant));
                    // A write into a string does not fail.
                    let _ = moment.write(*letter, out);
                }
            }
        }
        Ok(Rendered::Path)
    }

    /// As the header has it.
    fn millis(&self, headers: &Headers, instant: Timestamp, out: &mut String) {
        match headers.get(TIMESTAMP).filter(|_| !self.local_time) {
            Some(text) => out.push_str(text),
            None => out.push_str(&instant.as_millis().to_string()),
        }
    }

    fn moment(&self, instant: Timestamp) -> Moment {
        let moment = Moment::new(instant, &*self.zone);
        match self.round {
            Some((value, unit)) => moment.rounded(unit, value, &*self.zone),
            None => moment,
        }
    }

    /// The time; `None` if the event is to be dropped for want of one.
    fn instant(&self, headers: &Headers, now: Timestamp) -> Result<Option<Timestamp>, EscapeError> {
        if self.local_time {
            return Ok(Some(now));
        }
        let Some(text) = headers.get(TIMESTAMP) else {
            return match self.missing {
                MissingTimestamp::Fail => Err(EscapeError::NoTimestamp),
                MissingTimestamp::Now => Ok(Some(now)),
                MissingTimestamp::Drop => Ok(None),
            };
        };
        let wrong = |_| EscapeError::WrongTimestamp { value: text.chars().take(64).collect() };
        text.parse().map(Timestamp::from_millis).map(Some).map_err(wrong)
    }
}

impl std::fmt::Debug for PathTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PathTemplate")
            .field("text", &self.text)
            .field("round", &self.round)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
