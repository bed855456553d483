use std::fmt;
use std::sync::Arc;

use super::{Interceptor, InterceptorCount};
use crate::event::Event;
use crate::ingest::calendar::{DatePattern, TimeZone};
use crate::ingest::pattern::{Pattern, PatternError};

/// Makes the value of a header from what a group has matched.
pub trait GroupSerializer: Send + Sync + 'static {
    /// The value; `None` if there is none, which is counted.
    fn serialize(&self, group: &str) -> Option<Arc<str>>;
}

impl<F: Fn(&str) -> Option<Arc<str>> + Send + Sync + 'static> GroupSerializer for F {
    fn serialize(&self, group: &str) -> Option<Arc<str>> {
        self(group)
    }
}

/// Sets headers to what the groups of an expression match in the body.
///
/// The first group is for the first header, and so on; groups without a header are left out. A group that
/// took no part sets nothing; nor does one of which no value can be made, which is counted.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::Interceptor;
/// use flowcore::ingest::calendar::{DatePattern, FixedOffset};
/// use flowcore::ingest::interceptor::RegexExtractorInterceptor;
///
/// let mut extract = RegexExtractorInterceptor::new(r"^(\d{4}-\d\d-\d\d \d\d:\d\d) (\w+)")?
///     .millis("timestamp", DatePattern::new("yyyy-MM-dd HH:mm")?, FixedOffset::UTC)
///     .header("level");
/// let events = extract.intercept(vec![Event::new("2024-02-29 00:00 WARN disk is full")]);
/// assert_eq!(events[0].headers.get("timestamp"), Some("1709164800000"));
/// assert_eq!(events[0].headers.get("level"), Some("WARN"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RegexExtractorInterceptor {
    pattern: Pattern,
    places: regex::bytes::CaptureLocations,
    headers: Vec<Header>,
    unserialized: InterceptorCount,
}

/// What a group becomes; without a serializer, what it matched.
struct Header {
    name: Arc<str>,
    serializer: Option<Box<dyn GroupSerializer>>,
}

impl RegexExtractorInterceptor {
    /// Searches bodies for `pattern`; no headers yet.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let pattern = Pattern::new(pattern)?;
        let places = pattern.regex().capture_locations();
        Ok(Self { pattern, places, headers: Vec::new(), unserialized: InterceptorCount::default() })
    }

    /// The next group as it is.
    #[must_use]
    pub fn header(mut self, name: impl Into<Arc<str>>) -> Self {
        self.headers.push(Header { name: name.into(), serializer: None });
        self
    }

    /// The next group as a date, in milliseconds since 1970; clocks are those of `zone`.
    #[must_use]
    pub fn millis(self, name: impl Into<Arc<str>>, pattern: DatePattern, zone: impl TimeZone) -> Self {
        self.serialized(name, move |group: &str| {
            let instant = pattern.read(group, &zone)?;
            Some(instant.as_millis().to_string().into())
        })
    }

    /// The next group as `serializer` makes it.
    #[must_use]
    pub fn serialized(mut self, name: impl Into<Arc<str>>, serializer: impl GroupSerializer) -> Self {
        self.headers.push(Header { name: name.into(), serializer: Some(Box::new(serializer)) });
        self
    }

    /// How many groups there was no value of.
    pub fn unserialized(&self) -> InterceptorCount {
        self.unserialized.clone()
    }

    fn extract(&mut self, event: &mut Event) -> u64 {
        let mut unserialized = 0;
        if self.pattern.regex().captures_read(&mut self.places, &event.body).is_none() {
            return 0;
        }
        for (at, Header { name, serializer }) in self.headers.iter().enumerate() {
            let place = self.places.get(at + 1);
            let Some(group) = place.and_then(|(from, to)| event.body.get(from..to)) else { continue };
            let group = String::from_utf8_lossy(group);
            let value = match serializer {
                Some(serializer) => serializer.serialize(&group),
                None => Some(Arc::from(&*group)),
            };
            match value {
                Some(value) => event.headers.insert(name.clone(), value),
                None => unserialized += 1,
            }
        }
        unserialized
    }
}

impl Interceptor<Event> for RegexExtractorInterceptor {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        let unserialized = events.iter_mut().map(|event| self.extract(event)).sum();
        self.unserialized.add(unserialized);
        events
    }
}

impl fmt::Debug for RegexExtractorInterceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|header| &*header.name).collect();
        f.debug_struct("RegexExtractorInterceptor")
            .field("pattern", &self.pattern.as_str())
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::calendar::FixedOffset;

    fn headers(interceptor: &mut RegexExtractorInterceptor, body: &'static [u8]) -> Vec<(String, String)> {
        let event = interceptor.intercept(vec![Event::new(body)]).remove(0);
        event.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_group_that_took_no_part_or_has_no_header_sets_nothing() {
        let mut extract = RegexExtractorInterceptor::new("(a)|(b)(c)").unwrap().header("a").header("b");
        assert_eq!(headers(&mut extract, b"xbc"), [("b".to_owned(), "b".to_owned())]);
        assert_eq!(headers(&mut extract, b"a"), [("a".to_owned(), "a".to_owned())]);
        assert_eq!(headers(&mut extract, b"d"), []);
        let mut more = RegexExtractorInterceptor::new("(a)").unwrap().header("a").header("b");
        assert_eq!(headers(&mut more, b"a").len(), 1);
    }

    #[test]
    fn a_date_that_cannot_be_read_is_counted_and_the_other_groups_are_set() {
        let pattern = DatePattern::new("yyyy").unwrap();
        let extract = RegexExtractorInterceptor::new(r"(\S+) (\S+)").unwrap();
        let mut extract = extract.millis("year", pattern, FixedOffset::UTC).header("word");
        assert_eq!(headers(&mut extract, b"now then"), [("word".to_owned(), "then".to_owned())]);
        assert_eq!(extract.unserialized().get(), 1);
        assert_eq!(headers(&mut extract, b"1971 then")[0].1, "31536000000");
    }
}
