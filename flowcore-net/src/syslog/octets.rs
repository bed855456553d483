use super::frame::{Framer, Status};

/// Digits that a count may have.
const MOST_DIGITS: usize = 7;

/// How messages over TCP are told apart (`framing`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// Each goes to its newline, as in the original.
    #[default]
    Newline,
    /// One that begins with a count, a blank and `<` has so many bytes after the blank (RFC 6587); any other
    /// goes to its newline.
    Auto,
}

/// Cuts what a connection brings into messages, by either framing.
#[derive(Debug)]
pub(super) struct MessageCutter {
    framer: Framer,
    framing: Framing,
    part: Part,
    /// Of a message that has a count.
    message: Vec<u8>,
    size: usize,
}

#[derive(Debug)]
enum Part {
    /// Nothing of a count, nor of what it counts.
    Lines,
    /// Digits, and perhaps the blank behind them.
    Count(Vec<u8>),
    /// So many bytes are left; whether some were given out already.
    Counted { left: usize, is_rest: bool },
}

impl MessageCutter {
    /// Messages of at most `size` bytes, at least 10.
    pub(super) fn new(size: usize, framing: Framing) -> Self {
        let size = size.max(10);
        Self { framer: Framer::new(size), framing, part: Part::Lines, message: Vec::new(), size }
    }

    /// Takes in `bytes` and hands over the messages that end in them.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut hand_over: impl FnMut(&[u8], Status)) {
        if self.framing == Framing::Newline {
            return self.framer.feed(bytes, hand_over);
        }
        while let Some(&next) = bytes.first() {
            let used = match &mut self.part {
                Part::Lines if self.framer.is_between() && matches!(next, b'1'..=b'9') => {
                    self.part = Part::Count(Vec::new());
                    0
                }
                Part::Lines => self.framer.feed_one(bytes, &mut hand_over),
                Part::Count(_) => self.count(next, &mut hand_over),
                Part::Counted { left, is_rest } => {
                    let (left, is_rest) = (*left, *is_rest);
                    self.counted(bytes, left, is_rest, &mut hand_over)
                }
            };
            bytes = &bytes[used..];
        }
    }

    /// The next byte of what may be a count. How many bytes were used.
    fn count(&mut self, next: u8, hand_over: &mut impl FnMut(&[u8], Status)) -> usize {
        let Part::Count(count) = &mut self.part else { return 0 };
        let has_blank = count.last() == Some(&b' ');
        if has_blank && next == b'<' {
            let digits = &count[..count.len() - 1];
            let left = digits.iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
            self.part = Part::Counted { left, is_rest: false };
            return 0;
        }
        let goes_on =
            if next == b' ' { !count.is_empty() } else { next.is_ascii_digit() && count.len() < MOST_DIGITS };
        if goes_on && !has_blank {
            count.push(next);
            return 1;
        }
        // It was a line that begins with a number.
        let line = std::mem::take(count);
        self.part = Part::Lines;
        self.framer.feed(&line, hand_over);
        0
    }

    fn counted(
        &mut self,
        bytes: &[u8],
        left: usize,
        is_rest: bool,
        hand_over: &mut impl FnMut(&[u8], Status),
    ) -> usize {
        let used = left.min(bytes.len()).min(self.size - self.message.len());
        self.message.extend_from_slice(&bytes[..used]);
        let left = left - used;
        let is_full = self.message.len() == self.size;
        if left == 0 || is_full {
            let message = self.message.strip_suffix(b"\n").unwrap_or(&self.message);
            let good = if left == 0 { Status::Whole } else { Status::Incomplete };
            hand_over(message, if is_rest || !has_priority(message) { Status::Invalid } else { good });
            self.message.clear();
        }
        self.part = if left == 0 { Part::Lines } else { Part::Counted { left, is_rest: is_rest || is_full } };
        used
    }
}

/// Whether a message begins with up to three digits in brackets.
fn has_priority(message: &[u8]) -> bool {
    let Some(rest) = message.strip_prefix(b"<") else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=3).contains(&digits) && rest.get(digits) == Some(&b'>')
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;

    use super::*;

    fn cut(parts: &[&[u8]], size: usize, framing: Framing) -> Vec<(String, Status)> {
        let mut cutter = MessageCutter::new(size, framing);
        let mut messages = Vec::new();
        for part in parts {
            cutter.feed(part, |message, status| {
                messages.push((String::from_utf8_lossy(message).into_owned(), status));
            });
        }
        messages
    }

    #[track_caller]
    fn expect(bytes: &[u8], expected: &[(&str, Status)]) {
        let expected: Vec<_> = expected.iter().map(|(text, status)| ((*text).to_owned(), *status)).collect();
        assert_eq!(cut(&[bytes], 12, Framing::Auto), expected);
    }

    #[test]
    fn counted_messages_and_lines_may_follow_each_other() {
        let (whole, invalid) = (Status::Whole, Status::Invalid);
        expect(
            b"6 <13>ab7 <13>c\nd<13>line\n5 <1>x\n",
            &[("<13>ab", whole), ("<13>c\nd", whole), ("<13>line", whole), ("<1>x", whole)],
        );
        expect(
            b"12 monkeys\n0 <13>a\n123456789\n",
            &[("12 monkeys", invalid), ("0 <13>a", invalid), ("123456789", invalid)],
        );
        expect(b"3 <xy<1>a\n", &[("<xy", invalid), ("<1>a", whole)]);
    }

    #[test]
    fn a_counted_message_that_is_too_long_is_given_out_in_parts() {
        expect(
            b"15 <13>abcdefghijk<1>next\n",
            &[("<13>abcdefgh", Status::Incomplete), ("ijk", Status::Invalid), ("<1>next", Status::Whole)],
        );
    }

    #[test]
    fn without_counts_a_number_is_text() {
        let seen = cut(&[b"6 <13>ab\n"], 12, Framing::Newline);
        assert_eq!(seen, [("6 <13>ab".to_owned(), Status::Invalid)]);
    }

    #[test]
    fn reads_that_split_the_bytes_anywhere_change_nothing_and_memory_is_bounded() {
        let seed = 31;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        for _ in 0..3000 {
            let alphabet = b"<1>\n9 <13>5 a\xFF";
            let bytes: Vec<u8> =
                (0..random.index(80)).map(|_| alphabet[random.index(alphabet.len())]).collect();
            let (mut parts, mut rest) = (Vec::new(), &bytes[..]);
            while !rest.is_empty() {
                let (part, after) = rest.split_at(1 + random.index(rest.len()));
                parts.push(part);
                rest = after;
            }
            let whole = cut(&[&bytes], 12, Framing::Auto);
            assert_eq!(cut(&parts, 12, Framing::Auto), whole, "{}", bytes.escape_ascii());
            assert!(whole.iter().all(|(text, _)| text.chars().count() <= 12), "{whole:?}");
        }
    }
}
