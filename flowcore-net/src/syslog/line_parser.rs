use bytes::Bytes;
use flowcore::base::Timestamp;
use flowcore::event::Event;
use jiff::tz::TimeZone;
use memchr::memchr;

use super::keep_fields::{Fields, KeepFields};
use super::marks::{Marks, decimal};
use super::stamp;
use crate::Charset;

/// Digits that a priority may have here.
const MOST_DIGITS: usize = 5;

/// Makes events of lines, as the multiport source does.
#[derive(Debug)]
pub(super) struct LineParser {
    marks: Marks,
    keep: KeepFields,
    zone: TimeZone,
}

/// The parts of a line that is as it should be.
struct Parts<'a> {
    fields: Fields<'a>,
    number: u32,
    millis: i64,
    body: &'a [u8],
}

impl LineParser {
    pub(super) fn new(keep: KeepFields, zone: TimeZone) -> Self {
        Self { marks: Marks::new("Priority", "Version"), keep, zone }
    }

    /// `now` is the time of a message that has none, and gives the year to a stamp that has none. The host
    /// is of `charset`; the body stays as it is.
    pub(super) fn event(&self, line: &[u8], whole: bool, charset: Charset, now: Timestamp) -> Event {
        let parts = self.parts(line, now);
        let mut event = Event::new(self.body(line, parts.as_ref()));
        let status = match &parts {
            None => Some("Invalid"),
            Some(_) => (!whole).then_some("Incomplete"),
        };
        if let Some(parts) = parts {
            self.describe(&mut event, &parts, charset);
        }
        if let Some(status) = status {
            event.headers.insert(self.marks.status.clone(), status);
        }
        event
    }

    fn parts<'a>(&self, line: &'a [u8], now: Timestamp) -> Option<Parts<'a>> {
        let rest = line.strip_prefix(b"<")?;
        let (priority, rest) = split_at_byte(rest, b'>')?;
        let number = number_of(priority)?;
        let (version, rest) = match rest {
            [b'1', b' ', after @ ..] if !after.is_empty() => (Some(&rest[..1]), after),
            rest => (None, rest),
        };
        let (stamp, millis, rest) = self.stamp(rest, now)?;
        let (host, body) = split_at_byte(rest, b' ')?;
        Some(Parts {
            fields: Fields { priority, version, stamp: Some(stamp), host: Some(host) },
            number,
            millis,
            body,
        })
    }

    /// The stamp, what it means, and what follows its blank.
    fn stamp<'a>(&self, rest: &'a [u8], now: Timestamp) -> Option<(&'a [u8], i64, &'a [u8])> {
        match rest.first()? {
            b'-' => {
                let (stamp, rest) = (&rest[..1], rest.get(2..)?);
                Some((stamp, now.as_millis(), rest))
            }
            b'A'..=b'Z' => {
                let (stamp, rest) = rest.split_at_checked(stamp::RFC_3164_LENGTH)?;
                // A wrong one is the year 1970 and no reason to refuse the line.
                let millis = stamp::rfc_3164(stamp, &self.zone, now).unwrap_or(0);
                Some((stamp, millis, rest.get(1..)?))
            }
            _ => {
                let (stamp, rest) = split_at_byte(rest, b' ')?;
                Some((stamp, stamp::rfc_5424(stamp, &self.zone)?, rest))
            }
        }
    }

    fn body(&self, line: &[u8], parts: Option<&Parts<'_>>) -> Bytes {
        match parts.filter(|parts| !self.keep.all && !parts.body.is_empty()) {
            None => Bytes::copy_from_slice(line),
            Some(parts) => match self.keep.chosen {
                None => Bytes::copy_from_slice(parts.body),
                Some(chosen) => chosen.prepend(&parts.fields, parts.body).into(),
            },
        }
    }

    fn describe(&self, event: &mut Event, parts: &Parts<'_>, charset: Charset) {
        let (marks, fields) = (&self.marks, &parts.fields);
        let headers = &mut event.headers;
        headers.insert(marks.facility.clone(), marks.number(parts.number as usize / 8));
        headers.insert(marks.severity.clone(), marks.number(parts.number as usize % 8));
        headers.insert(marks.priority.clone(), &*Charset::UTF_8.decode_lossy(fields.priority));
        if let Some(version) = fields.version {
            headers.insert(marks.version.clone(), &*Charset::UTF_8.decode_lossy(version));
        }
        headers.insert(marks.timestamp.clone(), decimal(parts.millis));
        if let Some(host) = fields.host {
            headers.insert(marks.host.clone(), &*charset.decode_lossy(host));
        }
    }
}

/// What stands before the first `byte` and after it.
fn split_at_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr(byte, text)?;
    Some((&text[..at], &text[at + 1..]))
}

fn number_of(digits: &[u8]) -> Option<u32> {
    let all = (1..=MOST_DIGITS).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    all.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;

    use super::*;

    /// 2014-06-15T12:00:00Z.
    const NOW: Timestamp = Timestamp::from_millis(1_402_833_600_000);

    fn event(line: &str, keep: &str) -> Event {
        let parser = LineParser::new(keep.parse().unwrap(), TimeZone::UTC);
        parser.event(line.as_bytes(), true, Charset::UTF_8, NOW)
    }

    fn headers(event: &Event) -> Vec<(&str, &str)> {
        let mut all: Vec<_> = event.headers.iter().collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_line_of_rfc_5424_has_all_its_headers() {
        let event = event("<165>1 2003-08-24T05:14:15.000003-07:00 höst body text", "none");
        assert_eq!(event.body, "body text");
        assert_eq!(
            headers(&event),
            [
                ("Facility", "20"),
                ("Priority", "165"),
                ("Severity", "5"),
                ("Version", "1"),
                ("host", "höst"),
                ("timestamp", "1061727255000"),
            ]
        );
    }

    #[test]
    fn stamps_may_be_missing_or_old_or_wrong() {
        for (line, millis) in [
            ("<34>- h b", "1402833600000"),
            ("<34>1 - h b", "1402833600000"),
            ("<34>Jun 15 11:59:00 h b", "1402833540000"),
            ("<34>Jux 15 11:59:00 h b", "0"),
        ] {
            let event = event(line, "none");
            assert_eq!(event.headers.get("timestamp"), Some(millis), "{line}");
            assert_eq!((&event.body[..], event.headers.get("host")), (&b"b"[..], Some("h")), "{line}");
        }
    }

    #[test]
    fn a_line_without_a_body_has_itself_as_the_body() {
        let event = event("<34>- h ", "none");
        assert_eq!((&event.body[..], event.headers.get("host")), (&b"<34>- h "[..], Some("h")));
    }

    #[test]
    fn lines_that_are_not_as_they_should_be_have_their_status_alone() {
        for line in [
            "",
            "<",
            "no priority",
            "<>- h b",
            "<123456>- h b",
            "<x>- h b",
            "<34>",
            "<34>-",
            "<34>- ",
            "<34>- h",
            "<34>Jun 15",
            "<34>2003-08-24 h b",
            "<34>2003-08-24T05:14:15Z",
        ] {
            let event = event(line, "none");
            assert_eq!(headers(&event), [("flume.syslog.status", "Invalid")], "{line}");
            assert_eq!(event.body, line.as_bytes());
        }
    }

    #[test]
    fn a_line_that_was_cut_says_so() {
        let parser = LineParser::new(KeepFields::NONE, TimeZone::UTC);
        let event = parser.event(b"<34>- h cu", false, Charset::UTF_8, NOW);
        assert_eq!(event.headers.get("flume.syslog.status"), Some("Incomplete"));
        let rest = parser.event(b"t", false, Charset::UTF_8, NOW);
        assert_eq!(rest.headers.get("flume.syslog.status"), Some("Invalid"));
    }

    #[test]
    fn fields_are_kept_and_hosts_are_of_the_charset() {
        let line = "<34>1 2003-08-24T05:14:15Z h b";
        assert_eq!(event(line, "all").body, line);
        assert_eq!(event(line, "priority version timestamp hostname").body, line);
        assert_eq!(event(line, "timestamp").body, "2003-08-24T05:14:15Z b");
        let parser = LineParser::new(KeepFields::NONE, TimeZone::UTC);
        let event = parser.event(b"<34>- h\xE9 b\xE9", true, Charset::named("iso-8859-1").unwrap(), NOW);
        assert_eq!((event.headers.get("host"), &event.body[..]), (Some("hé"), &b"b\xE9"[..]));
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let seed = 31;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let parser = LineParser::new("hostname".parse().unwrap(), TimeZone::UTC);
        let mut good = 0;
        for _ in 0..5000 {
            let mut line = b"<34>1 2003-08-24T05:14:15.5+01:00 h b".to_vec();
            for _ in 0..random.index(4) {
                let at = random.index(line.len());
                line[at] = u8::try_from(random.below(256)).unwrap();
            }
            line.truncate(random.index(60).max(1));
            good += usize::from(parser.event(&line, true, Charset::UTF_8, NOW).headers.get("host").is_some());
        }
        assert!(good > 500, "{good}");
    }
}
