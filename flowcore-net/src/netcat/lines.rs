use bytes::Bytes;
use flowcore::event::Event;
use memchr::memmem::Finder;

use crate::Charset;

/// No charset here needs more for one character.
const BYTES_OF_A_CHARACTER: usize = 4;

/// Splits what a connection brings into lines. Keeps the beginning of one line, up to the limit.
#[derive(Debug)]
pub(super) struct LineDecoder {
    charset: Charset,
    newline: Finder<'static>,
    max_chars: usize,
    pending: Vec<u8>,
}

/// Why a connection cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineFault {
    #[error("Event exceeds the maximum length ({0} chars, including newline)")]
    TooLong(usize),
    #[error("the bytes are not of the encoding")]
    Malformed,
}

impl LineDecoder {
    pub(super) fn new(charset: Charset, max_chars: usize) -> Self {
        let newline = Finder::new(charset.newline());
        Self { charset, newline, max_chars, pending: Vec::new() }
    }

    /// Takes in `bytes` and adds the lines that end in them. After a fault it is of no use.
    pub(super) fn feed(&mut self, mut bytes: &[u8], lines: &mut Vec<Event>) -> Result<(), LineFault> {
        while !self.pending.is_empty() {
            let Some(end) = self.end_of_pending(bytes) else {
                self.pending.extend_from_slice(bytes);
                return self.check_pending();
            };
            let (head, rest) = bytes.split_at(end);
            self.pending.extend_from_slice(head);
            let line = std::mem::take(&mut self.pending);
            lines.push(self.event(&line[..line.len() - self.newline.needle().len()])?);
            bytes = rest;
        }
        while let Some(end) = self.find_newline(bytes) {
            lines.push(self.event(&bytes[..end])?);
            bytes = &bytes[end + self.newline.needle().len()..];
        }
        self.pending.extend_from_slice(bytes);
        self.check_pending()
    }

    /// Half a unit may be the beginning of the newline: it counts for nothing yet.
    fn check_pending(&self) -> Result<(), LineFault> {
        let half = self.pending.len() % self.newline.needle().len();
        self.check_length(&self.pending[..self.pending.len() - half])
    }

    /// How many of `bytes` belong to the line that is kept, its newline included.
    fn end_of_pending(&self, bytes: &[u8]) -> Option<usize> {
        let width = self.newline.needle().len();
        // A newline of two bytes may have begun before, and it stands where a character may.
        let half = self.pending.len() % width;
        let begun = half == 1 && self.pending.last() == self.newline.needle().first();
        if begun && bytes.first() == self.newline.needle().get(1) {
            return Some(1);
        }
        let from = if half == 1 { 1.min(bytes.len()) } else { 0 };
        self.find_newline(&bytes[from..]).map(|at| from + at + width)
    }

    /// Where it stands, at a place where a character may begin.
    fn find_newline(&self, bytes: &[u8]) -> Option<usize> {
        let width = self.newline.needle().len();
        let mut from = 0;
        loop {
            let at = from + self.newline.find(bytes.get(from..)?)?;
            if at % width == 0 {
                return Some(at);
            }
            from = at + 1;
        }
    }

    fn check_length(&self, line: &[u8]) -> Result<(), LineFault> {
        let fits = line.len() < self.max_chars
            || line.len() < self.max_chars.saturating_mul(BYTES_OF_A_CHARACTER)
                && self.charset.count_chars(line) < self.max_chars;
        if fits { Ok(()) } else { Err(LineFault::TooLong(self.max_chars)) }
    }

    fn event(&self, line: &[u8]) -> Result<Event, LineFault> {
        self.check_length(line)?;
        let text = self.charset.decode(line).ok_or(LineFault::Malformed)?;
        Ok(Event::new(Bytes::copy_from_slice(text.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;

    use super::*;

    fn decode(charset: &str, max: usize, parts: &[&[u8]]) -> (Vec<String>, Option<LineFault>) {
        let mut decoder = LineDecoder::new(Charset::named(charset).unwrap(), max);
        let mut lines = Vec::new();
        let mut fault = None;
        for part in parts {
            fault = decoder.feed(part, &mut lines).err();
            if fault.is_some() {
                break;
            }
        }
        (lines.iter().map(|line| String::from_utf8(line.body.to_vec()).unwrap()).collect(), fault)
    }

    fn utf_16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn lines_end_at_newlines_and_keep_carriage_returns() {
        let (lines, fault) = decode("utf-8", 100, &[b"one\r\n\ntwo\nthree"]);
        assert_eq!((lines, fault), (vec!["one\r".to_owned(), String::new(), "two".to_owned()], None));
    }

    #[test]
    fn the_limit_is_in_characters_and_counts_the_newline() {
        let too_long = Some(LineFault::TooLong(4));
        assert_eq!(decode("utf-8", 4, &["äöü\n".as_bytes()]).0, ["äöü"]);
        assert_eq!(decode("utf-8", 4, &["ab\näöüß".as_bytes()]), (vec!["ab".to_owned()], too_long));
        assert_eq!(decode("utf-8", 4, &[b"abcd\n"]).1, too_long);
        assert_eq!(decode("utf-16", 4, &[&utf_16("äöü\n", true)]).0, ["äöü"]);
        assert_eq!(decode("utf-16le", 4, &[&utf_16("äöüß", false)]).1, too_long);
        // No character begins in these, and yet they do not grow for ever.
        assert_eq!(decode("utf-8", 4, &[&[0x80; 16]]).1, too_long);
    }

    #[test]
    fn bytes_become_text_by_their_encoding_or_are_a_fault() {
        assert_eq!(decode("iso-8859-1", 9, &[b"\x80\xE9\n"]).0, ["\u{80}é"]);
        assert_eq!(decode("shift_jis", 9, &[b"\x83\x65\n"]).0, ["テ"]);
        assert_eq!(decode("utf-8", 9, &[b"ok\n\xFF\n"]), (vec!["ok".to_owned()], Some(LineFault::Malformed)));
        assert_eq!(decode("us-ascii", 9, &[b"\xE9\n"]).1, Some(LineFault::Malformed));
        // The bytes of a newline, but across two characters.
        let (lines, fault) = decode("utf-16", 9, &[&utf_16("\u{4100}\u{0A41}\n", true)]);
        assert_eq!((lines, fault), (vec!["\u{4100}\u{0A41}".to_owned()], None));
    }

    #[test]
    fn reads_that_split_the_bytes_anywhere_change_nothing_and_no_bytes_panic() {
        let seed = 11;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        for _ in 0..2000 {
            let charset = ["utf-8", "utf-16", "utf-16le", "gb18030", "iso-8859-1"][random.index(5)];
            let alphabet = [0, b'\n', b'a', 0x80, 0xE9, 0x0A, 0xD8];
            let length = random.index(40);
            let bytes: Vec<u8> = (0..length).map(|_| alphabet[random.index(alphabet.len())]).collect();
            let whole = decode(charset, 6, &[&bytes]);
            let (mut parts, mut rest) = (Vec::new(), &bytes[..]);
            while !rest.is_empty() {
                let (part, after) = rest.split_at(1 + random.index(rest.len()));
                parts.push(part);
                rest = after;
            }
            assert_eq!(decode(charset, 6, &parts), whole, "{charset}: {parts:x?}");
        }
    }
}
