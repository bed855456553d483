use flowcore::ingest::calendar::{DatePattern, DatePatternError};
use flowcore::ingest::interceptor::SearchReplaceInterceptor;
use flowcore::ingest::pattern::{Pattern, PatternError};
use jiff::tz::TimeZone;

use super::header::{Header, Stamp};
use super::zone::Zone;

/// A form of headers beside those of the two RFCs, which is tried before them (`format.*`).
///
/// ```
/// use flowcore_net::syslog::OwnFormat;
///
/// // Groups: priority, version, stamp, host, body.
/// let format = OwnFormat::new(r"<(\d+)>(\d )?(\S+ \S+) (\S+): (.*)")?
///     .replace("/", "-")?
///     .date_format("yyyy-MM-dd HH:mm:ss")?;
/// # let _ = format;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct OwnFormat {
    regex: Pattern,
    replace: Option<SearchReplaceInterceptor>,
    date: Option<DatePattern>,
}

impl OwnFormat {
    /// Messages that `regex` matches as a whole (`format.regex`). Its groups are priority, version, stamp, host
    /// and body; one that is not there, or took no part, is as if the message had none of it.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn new(regex: &str) -> Result<Self, PatternError> {
        Ok(Self { regex: Pattern::whole(regex)?, replace: None, date: None })
    }

    /// Before the stamp is read, puts `replacement` in the place of each match of `search` in it
    /// (`format.search`, `format.replace`).
    ///
    /// # Errors
    /// [`PatternError`] of either.
    pub fn replace(mut self, search: &str, replacement: &str) -> Result<Self, PatternError> {
        self.replace = Some(SearchReplaceInterceptor::new(search, replacement)?);
        Ok(self)
    }

    /// How the stamp is written, in Java's letters (`format.dateFormat`). Without it there is no timestamp.
    ///
    /// # Errors
    /// [`DatePatternError`] names the letter that is not known.
    pub fn date_format(mut self, format: &str) -> Result<Self, DatePatternError> {
        self.date = Some(DatePattern::new(format)?);
        Ok(self)
    }

    /// The parts of a message that has this form.
    pub(super) fn parse<'a>(&self, message: &'a [u8]) -> Option<Header<'a>> {
        let [priority, version, stamp, host, body] = self.regex.groups(message)?;
        let word = |word: Option<&'a [u8]>| word.map(<[u8]>::trim_ascii).filter(|word| !word.is_empty());
        Some(Header {
            priority: priority.unwrap_or_default(),
            version: word(version),
            stamp: stamp.map(Stamp::Own),
            host: word(host),
            body: body.unwrap_or_default(),
        })
    }

    /// Milliseconds since 1970 of a stamp. One without an offset is of `zone`.
    pub(super) fn millis(&self, stamp: &[u8], zone: &TimeZone) -> Option<i64> {
        let replaced = self.replace.as_ref().and_then(|replace| replace.replaced(stamp));
        let text = str::from_utf8(replaced.as_deref().unwrap_or(stamp)).ok()?;
        Some(self.date.as_ref()?.read(text, &Zone(zone.clone()))?.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(search: Option<(&str, &str)>, date: Option<&str>, stamp: &str) -> Option<i64> {
        let mut format = OwnFormat::new("(.*)").unwrap();
        if let Some((search, replacement)) = search {
            format = format.replace(search, replacement).unwrap();
        }
        if let Some(date) = date {
            format = format.date_format(date).unwrap();
        }
        format.millis(stamp.as_bytes(), &TimeZone::get("America/New_York").unwrap())
    }

    #[test]
    fn a_stamp_is_read_after_its_replacement_and_is_local_without_an_offset() {
        let at = Some(1_710_511_200_000);
        assert_eq!(millis(None, Some("yyyy-MM-dd HH:mm"), "2024-03-15 10:00"), at);
        assert_eq!(millis(Some(("/(\\d)", "-$1")), Some("yyyy-MM-dd HH:mm"), "2024/03/15 10:00"), at);
        assert_eq!(millis(None, Some("yyyy-MM-dd HH:mmZ"), "2024-03-15 14:00+0000"), at);
        assert_eq!(millis(None, Some("yyyy-MM-dd HH:mm"), "yesterday"), None);
        assert_eq!(millis(None, None, "2024-03-15 10:00"), None);
    }

    #[test]
    fn the_groups_are_the_parts_of_the_header() {
        let format = OwnFormat::new(r"<(\d+)>(\d )?(\S+) (\S+): (.*)").unwrap();
        let header = format.parse(b"<13>1 now web1: body text").unwrap();
        assert_eq!(
            (header.priority, header.version, header.host),
            (&b"13"[..], Some(&b"1"[..]), Some(&b"web1"[..]))
        );
        assert_eq!((header.stamp, header.body), (Some(Stamp::Own(b"now")), &b"body text"[..]));
        assert_eq!(format.parse(b"<13>now web1: ").unwrap().version, None);
        assert!(format.parse(b"<13>now web1 body").is_none());
        let short = OwnFormat::new("(.*)").unwrap();
        assert_eq!(short.parse(b"x").unwrap().host, None);
    }
}
