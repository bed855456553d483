use bytes::Bytes;
use flowcore::base::Timestamp;
use flowcore::event::Event;
use jiff::tz::TimeZone;

use super::frame::Status;
use super::header::{self, Header, Stamp};
use super::keep_fields::{Fields, KeepFields};
use super::marks::{Marks, decimal};
use super::own_format::OwnFormat;
use super::stamp;

/// Makes events of messages, as the tcp and udp sources do.
#[derive(Debug)]
pub(super) struct MessageParser {
    marks: Marks,
    keep: KeepFields,
    zone: TimeZone,
    own: Option<OwnFormat>,
}

impl MessageParser {
    pub(super) fn new(keep: KeepFields, zone: TimeZone) -> Self {
        Self { marks: Marks::new("priority", "version"), keep, zone, own: None }
    }

    /// Tries this form first.
    pub(super) fn own_format(mut self, format: Option<OwnFormat>) -> Self {
        self.own = format;
        self
    }

    /// `now` gives the year to a stamp that has none.
    pub(super) fn event(&self, message: &[u8], status: Status, now: Timestamp) -> Event {
        let priority = if status == Status::Invalid { 0 } else { priority_of(message) };
        let header = if status == Status::Invalid { None } else { self.header(message) };
        let mut event = Event::new(self.body(message, header.as_ref()));
        event.headers.insert(self.marks.facility.clone(), self.marks.number(priority / 8));
        event.headers.insert(self.marks.severity.clone(), self.marks.number(priority % 8));
        if let Some(header) = header {
            self.describe(&mut event, &header, now);
        }
        if let Some(status) = status.header() {
            event.headers.insert(self.marks.status.clone(), status);
        }
        event
    }

    fn header<'a>(&self, message: &'a [u8]) -> Option<Header<'a>> {
        let own = self.own.as_ref().and_then(|own| own.parse(message));
        own.or_else(|| header::parse(message))
    }

    fn body(&self, message: &[u8], header: Option<&Header<'_>>) -> Bytes {
        // Without a body of its own it is the whole message.
        let Some(header) = header.filter(|header| !self.keep.all && !header.body.is_empty()) else {
            return Bytes::copy_from_slice(message);
        };
        let Some(chosen) = self.keep.chosen else { return Bytes::copy_from_slice(header.body) };
        let Header { priority, version, stamp, host, body } = *header;
        let fields = Fields { priority, version, stamp: stamp.map(Stamp::text), host };
        chosen.prepend(&fields, body).into()
    }

    fn describe(&self, event: &mut Event, header: &Header<'_>, now: Timestamp) {
        let marks = &self.marks;
        let words = [
            (&marks.priority, Some(header.priority).filter(|priority| !priority.is_empty())),
            (&marks.version, header.version),
            (&marks.host, header.host),
        ];
        let millis = match header.stamp {
            Some(Stamp::Rfc5424(text)) => stamp::rfc_5424(text, &self.zone),
            Some(Stamp::Rfc3164(text)) => stamp::rfc_3164(text, &self.zone, now),
            Some(Stamp::Own(text)) => self.own.as_ref().and_then(|own| own.millis(text, &self.zone)),
            None => None,
        };
        if let Some(millis) = millis {
            event.headers.insert(marks.timestamp.clone(), decimal(millis));
        }
        for (name, word) in words {
            if let Some(word) = word.and_then(|word| str::from_utf8(word).ok()) {
                event.headers.insert(name.clone(), word);
            }
        }
    }
}

/// Of a message that has one: up to three digits in brackets.
fn priority_of(message: &[u8]) -> usize {
    let digits = message.iter().skip(1).take_while(|byte| byte.is_ascii_digit());
    digits.take(3).fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;

    use super::*;
    use crate::syslog::frame::Framer;

    /// 2014-06-15T12:00:00Z.
    const NOW: Timestamp = Timestamp::from_millis(1_402_833_600_000);

    fn event(message: &str, keep: KeepFields) -> Event {
        MessageParser::new(keep, TimeZone::UTC).event(message.as_bytes(), Status::Whole, NOW)
    }

    fn headers(event: &Event) -> Vec<(&str, &str)> {
        let mut all: Vec<_> = event.headers.iter().collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn a_message_of_rfc_5424_has_all_its_headers() {
        let event = event("<165>1 2003-10-11T22:14:15.003Z host.example myproc - It's", KeepFields::NONE);
        assert_eq!(event.body, "myproc - It's");
        assert_eq!(
            headers(&event),
            [
                ("Facility", "20"),
                ("Severity", "5"),
                ("host", "host.example"),
                ("priority", "165"),
                ("timestamp", "1065910455003"),
                ("version", "1"),
            ]
        );
    }

    #[test]
    fn a_message_of_rfc_3164_has_no_version() {
        let event = event("<34>Jun 15 11:59:00 mymachine su: failed", KeepFields::NONE);
        assert_eq!(event.body, "su: failed");
        let expected = [
            ("Facility", "4"),
            ("Severity", "2"),
            ("host", "mymachine"),
            ("priority", "34"),
            ("timestamp", "1402833540000"),
        ];
        assert_eq!(headers(&event), expected);
    }

    #[test]
    fn a_message_of_no_known_form_has_facility_and_severity_alone() {
        let event = event("<34>anything", KeepFields::NONE);
        assert_eq!(event.body, "<34>anything");
        assert_eq!(headers(&event), [("Facility", "4"), ("Severity", "2")]);
    }

    #[test]
    fn what_is_not_as_it_should_be_says_so() {
        let parser = MessageParser::new(KeepFields::NONE, TimeZone::UTC);
        let bad = parser.event(b"<9999>x", Status::Invalid, NOW);
        assert_eq!(headers(&bad), [("Facility", "0"), ("Severity", "0"), ("flume.syslog.status", "Invalid")]);
        let cut = parser.event(b"<34>1 - - cut o", Status::Incomplete, NOW);
        assert_eq!(cut.headers.get("flume.syslog.status"), Some("Incomplete"));
        assert_eq!(cut.body, "cut o");
    }

    #[test]
    fn a_stamp_that_is_no_instant_is_left_out() {
        let event = event("<34>1 2003-13-11T22:14:15Z h b", KeepFields::NONE);
        assert_eq!((event.headers.get("timestamp"), event.headers.get("host")), (None, Some("h")));
    }

    #[test]
    fn kept_fields_are_in_the_body() {
        let message = "<34>1 2003-10-11T22:14:15Z h b";
        assert_eq!(event(message, KeepFields::ALL).body, message);
        assert_eq!(event(message, "priority hostname".parse().unwrap()).body, "<34>h b");
        assert_eq!(event("<34>1 - h ", KeepFields::NONE).body, "<34>1 - h ", "no body of its own");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let seed = 23;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let parser = MessageParser::new("timestamp".parse().unwrap(), TimeZone::UTC);
        let mut framer = Framer::new(100);
        let mut count = 0;
        for _ in 0..5000 {
            let mut message = b"<34>Oct 11 22:14:15 mymachine su\n".to_vec();
            for _ in 0..random.index(6) {
                let at = random.index(message.len());
                message[at] = u8::try_from(random.below(256)).unwrap();
            }
            framer.feed(&message, |message, status| {
                let event = parser.event(message, status, NOW);
                assert!(event.headers.get("Facility").is_some());
                count += 1;
            });
        }
        assert!(count > 4000, "{count}");
    }
}
