use memchr::memchr3_iter;

/// The parts of a message with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) priority: &'a [u8],
    pub(super) version: Option<&'a [u8]>,
    /// As it was written; none for `-`.
    pub(super) stamp: Option<Stamp<'a>>,
    /// None for `-`.
    pub(super) host: Option<&'a [u8]>,
    pub(super) body: &'a [u8],
}

/// Which form a stamp has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp<'a> {
    Rfc5424(&'a [u8]),
    Rfc3164(&'a [u8]),
    /// That of the user's own form.
    Own(&'a [u8]),
}

impl<'a> Stamp<'a> {
    pub(super) fn text(self) -> &'a [u8] {
        match self {
            Self::Rfc5424(text) | Self::Rfc3164(text) | Self::Own(text) => text,
        }
    }
}

/// The parts of `message` if the whole of it has one of the two forms: first RFC 5424, then RFC 3164. None
/// goes over several lines.
pub(super) fn parse(message: &[u8]) -> Option<Header<'_>> {
    let mut rest = Cursor(message);
    rest.byte(b'<')?;
    let priority = rest.digits(1, 3)?;
    rest.byte(b'>')?;
    // A digit is the version, unless it is needed for what follows.
    let (mut with, mut without) = (rest, rest);
    let version = with.digits(1, 1);
    with.space();
    without.space();
    let starts = [(version, with), (None, without)];
    let starts = if version.is_some() { &starts[..] } else { &starts[1..] };
    let find = |rest: Rest| starts.iter().find_map(|(version, start)| rest(priority, *version, *start));
    find(rfc_5424).or_else(|| find(rfc_3164))
}

type Rest = for<'a> fn(&'a [u8], Option<&'a [u8]>, Cursor<'a>) -> Option<Header<'a>>;

fn rfc_5424<'a>(priority: &'a [u8], version: Option<&'a [u8]>, mut rest: Cursor<'a>) -> Option<Header<'a>> {
    let stamp = if rest.byte(b'-').is_some() { None } else { Some(Stamp::Rfc5424(rest.stamp_5424()?)) };
    rest.space()?;
    let host = if rest.byte(b'-').is_some() { None } else { Some(rest.host()?) };
    rest.space()?;
    Some(Header { priority, version, stamp, host, body: rest.line()? })
}

fn rfc_3164<'a>(priority: &'a [u8], version: Option<&'a [u8]>, mut rest: Cursor<'a>) -> Option<Header<'a>> {
    let stamp = Some(Stamp::Rfc3164(rest.stamp_3164()?));
    rest.space()?;
    let host = Some(rest.host()?);
    rest.space()?;
    Some(Header { priority, version, stamp, host, body: rest.line()? })
}

/// What is left of a message. Each step takes something off its front, or is `None`.
#[derive(Debug, Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head
    }

    fn one(&mut self, is: impl Fn(u8) -> bool) -> Option<()> {
        is(*self.0.first()?).then(|| {
            self.take(1);
        })
    }

    fn byte(&mut self, byte: u8) -> Option<()> {
        self.one(|first| first == byte)
    }

    fn space(&mut self) -> Option<()> {
        self.one(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0x0B | 0x0C | b'\r'))
    }

    /// As many as there are, up to `most`.
    fn digits(&mut self, least: usize, most: usize) -> Option<&'a [u8]> {
        let count = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        (count >= least).then(|| self.take(count))
    }

    /// What `steps` take off.
    fn taken(&mut self, steps: impl FnOnce(&mut Self) -> Option<()>) -> Option<&'a [u8]> {
        let all = self.0;
        steps(self)?;
        Some(&all[..all.len() - self.0.len()])
    }

    fn stamp_5424(&mut self) -> Option<&'a [u8]> {
        self.taken(|rest| {
            for (width, after) in [(4, b'-'), (2, b'-'), (2, b'T'), (2, b':'), (2, b':')] {
                rest.digits(width, width)?;
                rest.byte(after)?;
            }
            rest.digits(2, 2)?;
            if rest.0.first() == Some(&b'.') && rest.0.get(1).is_some_and(u8::is_ascii_digit) {
                rest.byte(b'.')?;
                rest.digits(1, 6)?;
            }
            rest.zone();
            Some(())
        })
    }

    fn zone(&mut self) -> Option<()> {
        let mut rest = *self;
        if rest.byte(b'Z').is_none() {
            rest.one(|byte| matches!(byte, b'+' | b'-'))?;
            rest.digits(2, 2)?;
            rest.byte(b':')?;
            rest.digits(2, 2)?;
        }
        *self = rest;
        Some(())
    }

    fn stamp_3164(&mut self) -> Option<&'a [u8]> {
        self.taken(|rest| {
            rest.one(|byte| byte.is_ascii_uppercase())?;
            rest.one(|byte| byte.is_ascii_lowercase())?;
            rest.one(|byte| byte.is_ascii_lowercase())?;
            rest.space()?;
            rest.space();
            rest.digits(1, 2)?;
            rest.space()?;
            rest.digits(2, 2)?;
            rest.byte(b':')?;
            rest.digits(2, 2)?;
            rest.byte(b':')?;
            rest.digits(2, 2).map(drop)
        })
    }

    fn host(&mut self) -> Option<&'a [u8]> {
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let first = self.0.first().filter(|byte| word(byte));
        first?;
        let count = self.0.iter().take_while(|byte| word(byte) || matches!(byte, b'.' | b'@' | b'-')).count();
        Some(self.take(count))
    }

    /// All that is left, if no line ends in it: not with a newline, nor with another end of a line.
    fn line(self) -> Option<&'a [u8]> {
        let ends = |at: usize| match self.0[at] {
            b'\r' => true,
            0xC2 => self.0[at..].starts_with("\u{85}".as_bytes()),
            _ => ["\u{2028}", "\u{2029}"].iter().any(|end| self.0[at..].starts_with(end.as_bytes())),
        };
        let several = self.0.contains(&b'\n') || memchr3_iter(b'\r', 0xC2, 0xE2, self.0).any(ends);
        (!several).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;
    use regex::bytes::Regex;

    use super::*;

    const RFC_5424: &str = r"^(?:<(\d{1,3})>)(?:(\d?)\s?)(?:(\d{4}[-]\d{2}[-]\d{2}[T]\d{2}[:]\d{2}[:]\d{2}(?:\.\d{1,6})?(?:[+-]\d{2}[:]\d{2}|Z)?)|-)\s(?:([\w][\w\d\.@\-]*)|-)\s([^\n\r]*)$";
    const RFC_3164: &str = r"^(?:<(\d{1,3})>)(?:(\d)?\s?)([A-Z][a-z][a-z]\s{1,2}\d{1,2}\s\d{2}[:]\d{2}[:]\d{2})\s([\w][\w\d\.@-]*)\s([^\n\r]*)$";

    type Groups<'a> = [Option<&'a [u8]>; 5];

    fn groups(message: &[u8]) -> Option<Groups<'_>> {
        let header = parse(message)?;
        let stamp = header.stamp.map(Stamp::text);
        Some([Some(header.priority), header.version, stamp, header.host, Some(header.body)])
    }

    /// What the patterns themselves say.
    fn model<'a>(patterns: &[Regex; 2], message: &'a [u8]) -> Option<Groups<'a>> {
        let found = patterns.iter().find_map(|pattern| pattern.captures(message))?;
        let group = |at: usize| found.get(at).map(|group| group.as_bytes());
        Some([group(1), group(2).filter(|version| !version.is_empty()), group(3), group(4), group(5)])
    }

    fn texts(message: &str) -> Option<[Option<&str>; 5]> {
        groups(message.as_bytes()).map(|all| all.map(|group| group.map(|text| str::from_utf8(text).unwrap())))
    }

    #[test]
    fn each_form_of_both_headers_is_taken_apart() {
        let stamp = "2003-08-24T05:14:15.000003-07:00";
        let message = format!("<165>1 {stamp} 192.0.2.1 myproc 8710 - - It's time");
        let body = Some("myproc 8710 - - It's time");
        assert_eq!(texts(&message), Some([Some("165"), Some("1"), Some(stamp), Some("192.0.2.1"), body]));
        let date = Some("2003-10-11T22:14:15");
        assert_eq!(
            texts("<34>2003-10-11T22:14:15 h b"),
            Some([Some("34"), None, date, Some("h"), Some("b")])
        );
        assert_eq!(texts("<34>1 - - b"), Some([Some("34"), Some("1"), None, None, Some("b")]));
        let old = Some("Oct 11 22:14:15");
        assert_eq!(
            texts("<34>Oct 11 22:14:15 my_host su: failed"),
            Some([Some("34"), None, old, Some("my_host"), Some("su: failed")])
        );
        assert_eq!(texts("<34>1Oct  1 22:14:15 h ").unwrap()[4], Some(""));
        for other in
            ["<34>no header", "<34>Oct 11 22:14:15 ::1 b", "<34>- a/b c", "<34>- - b\r", "<34>- - \u{2028}"]
        {
            assert_eq!(texts(other), None, "{other}");
        }
    }

    #[test]
    fn messages_changed_at_random_are_parsed_as_the_patterns_say() {
        let seed = 17;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let patterns =
            [RFC_5424, RFC_3164].map(|text| Regex::new(&format!("(?-u){text}").replace('$', r"\z")).unwrap());
        let start = [
            "<165>1 2003-08-24T05:14:15.003-07:00 host.a body text",
            "<34>Oct 11 22:14:15 mymachine su: failed",
            "<1>2 - - x",
            "<191>12003-08-24T05:14:15Z a b",
        ];
        let alphabet = b"<>1 -TZ:.+Oct9\t\n\rA@_x\x0B";
        let mut matched = 0;
        for _ in 0..20_000 {
            let mut message = start[random.index(start.len())].as_bytes().to_vec();
            for _ in 0..random.index(4) {
                let at = random.index(message.len());
                match random.index(3) {
                    0 => drop(message.remove(at)),
                    1 => message.insert(at, alphabet[random.index(alphabet.len())]),
                    _ => message[at] = alphabet[random.index(alphabet.len())],
                }
            }
            let expected = model(&patterns, &message);
            matched += usize::from(expected.is_some());
            assert_eq!(groups(&message), expected, "{}", message.escape_ascii());
        }
        assert!((5000..19_000).contains(&matched), "{matched} matched");
    }
}
