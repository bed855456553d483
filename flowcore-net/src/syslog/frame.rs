use memchr::memchr;

/// Digits that a priority may have.
const MOST_DIGITS: u8 = 3;

/// What is said of a message in the header `flume.syslog.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Whole,
    /// It is longer than a message may be; what follows is taken for the next one.
    Incomplete,
    /// It does not begin with a priority.
    Invalid,
}

impl Status {
    /// The value of the header; none for a message that is as it should be.
    pub(super) fn header(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Incomplete => Some("Incomplete"),
            Self::Invalid => Some("Invalid"),
        }
    }
}

/// Cuts what a connection brings into messages, byte for byte as the original does.
#[derive(Debug)]
pub(super) struct Framer {
    size: usize,
    state: State,
    bad: bool,
    message: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Newlines before a message are passed over.
    Start,
    /// After so many digits.
    Priority(u8),
    /// To the newline.
    Data,
}

impl Framer {
    /// Messages of at most `size` bytes, at least 10.
    pub(super) fn new(size: usize) -> Self {
        Self { size: size.max(10), state: State::Start, bad: false, message: Vec::new() }
    }

    /// Takes in `bytes` and hands over the messages that end in them, without their newlines.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut hand_over: impl FnMut(&[u8], Status)) {
        while !bytes.is_empty() {
            let used = self.feed_one(bytes, &mut hand_over);
            bytes = &bytes[used..];
        }
    }

    /// Takes in some of `bytes`, which are not empty, at most to the end of a message. How many.
    pub(super) fn feed_one(&mut self, bytes: &[u8], hand_over: &mut impl FnMut(&[u8], Status)) -> usize {
        let (used, end) = self.step(bytes);
        if let Some(status) = end {
            hand_over(&self.message, status);
            self.reset();
        }
        used
    }

    /// Whether nothing of a message is there.
    pub(super) fn is_between(&self) -> bool {
        self.state == State::Start
    }

    /// A datagram is one message, to its first newline. Nothing when it has no content.
    pub(super) fn datagram(&mut self, mut bytes: &[u8], hand_over: impl FnOnce(&[u8], Status)) {
        let mut end = None;
        while !bytes.is_empty() && end.is_none() {
            let used;
            (used, end) = self.step(bytes);
            bytes = &bytes[used..];
        }
        // A priority that nothing follows, not even its bracket, is none.
        self.bad |= end.is_none() && self.state != State::Data;
        if !self.message.is_empty() {
            hand_over(&self.message, end.unwrap_or(self.status()));
        }
        self.reset();
    }

    fn status(&self) -> Status {
        if self.bad { Status::Invalid } else { Status::Whole }
    }

    /// How many bytes were used, at least one, and how the message ended.
    fn step(&mut self, bytes: &[u8]) -> (usize, Option<Status>) {
        let byte = bytes[0];
        match self.state {
            State::Start if byte == b'\n' => return (1, None),
            State::Start => {
                self.bad = byte != b'<';
                self.state = if self.bad { State::Data } else { State::Priority(0) };
            }
            State::Priority(digits) => {
                let good =
                    if byte == b'>' { digits > 0 } else { byte.is_ascii_digit() && digits < MOST_DIGITS };
                self.bad = !good;
                self.state = if good && byte != b'>' { State::Priority(digits + 1) } else { State::Data };
            }
            State::Data => return self.data(bytes),
        }
        self.message.push(byte);
        (1, None)
    }

    fn data(&mut self, bytes: &[u8]) -> (usize, Option<Status>) {
        let room = self.size.saturating_sub(self.message.len()).max(1).min(bytes.len());
        if let Some(newline) = memchr(b'\n', &bytes[..room]) {
            self.message.extend_from_slice(&bytes[..newline]);
            return (newline + 1, Some(self.status()));
        }
        self.message.extend_from_slice(&bytes[..room]);
        let full = self.message.len() >= self.size;
        (room, full.then_some(if self.bad { Status::Invalid } else { Status::Incomplete }))
    }

    fn reset(&mut self) {
        self.state = State::Start;
        self.bad = false;
        self.message.clear();
    }
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;

    use super::*;

    type Frames = Vec<(Vec<u8>, Status)>;

    fn cut(parts: &[&[u8]], size: usize) -> Frames {
        let mut framer = Framer::new(size);
        let mut messages = Vec::new();
        for part in parts {
            framer.feed(part, |message, status| messages.push((message.to_vec(), status)));
        }
        messages
    }

    /// The rules once more, as plainly as they can be written.
    fn model(bytes: &[u8], size: usize) -> Frames {
        let (mut cut, mut message, mut digits, mut bad, mut state) = (Vec::new(), Vec::new(), 0, false, 'S');
        for byte in bytes.iter().copied() {
            let mut end = None;
            match (state, byte) {
                ('S', b'\n') => {}
                ('S', b'<') => (state, message) = ('P', vec![byte]),
                ('S', _) => (state, message, bad) = ('D', vec![byte], true),
                ('P', b'>') => {
                    message.push(byte);
                    (state, bad) = ('D', digits == 0);
                }
                ('P', _) => {
                    message.push(byte);
                    digits += 1;
                    if !byte.is_ascii_digit() || digits > 3 {
                        (state, bad) = ('D', true);
                    }
                }
                (_, b'\n') => end = Some(Status::Whole),
                (_, _) => {
                    message.push(byte);
                    if message.len() == size {
                        end = Some(Status::Incomplete);
                    }
                }
            }
            if let Some(status) = end {
                cut.push((std::mem::take(&mut message), if bad { Status::Invalid } else { status }));
                (state, bad, digits) = ('S', false, 0);
            }
        }
        cut
    }

    #[test]
    fn a_message_begins_with_a_priority_and_ends_at_a_newline() {
        let seen = cut(&[b"<13>one\n\n\nno priority\n<>empty\n<1234>long\n<1x>bad\n<1>rest"], 100);
        let expected: [(&[u8], Status); 5] = [
            (b"<13>one", Status::Whole),
            (b"no priority", Status::Invalid),
            (b"<>empty", Status::Invalid),
            (b"<1234>long", Status::Invalid),
            (b"<1x>bad", Status::Invalid),
        ];
        assert_eq!(seen, expected.map(|(message, status)| (message.to_vec(), status)));
    }

    #[test]
    fn a_message_that_is_too_long_is_cut_and_its_rest_is_a_message_of_its_own() {
        let seen = cut(&[b"<1>4567890\n<1>45678901\n"], 10);
        let expected: [(&[u8], Status); 3] = [
            (b"<1>4567890", Status::Incomplete),
            (b"<1>4567890", Status::Incomplete),
            (b"1", Status::Invalid),
        ];
        assert_eq!(seen, expected.map(|(message, status)| (message.to_vec(), status)));
    }

    #[test]
    fn bytes_at_random_in_random_pieces_are_cut_as_the_rules_say() {
        let seed = 3;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        for _ in 0..3000 {
            let alphabet = b"<>\n<>\n0123ab\xFF";
            let bytes: Vec<u8> =
                (0..random.index(60)).map(|_| alphabet[random.index(alphabet.len())]).collect();
            let (mut parts, mut rest) = (Vec::new(), &bytes[..]);
            while !rest.is_empty() {
                let (part, after) = rest.split_at(1 + random.index(rest.len()));
                parts.push(part);
                rest = after;
            }
            assert_eq!(cut(&parts, 10), model(&bytes, 10), "{bytes:x?}");
        }
    }

    #[test]
    fn a_datagram_is_one_message_to_its_newline_and_a_framer_goes_on_after_it() {
        let mut framer = Framer::new(10);
        let mut seen = Vec::new();
        for datagram in [&b"<13>a\nrest"[..], b"", b"\n", b"<13>b", b"<13", b"x", b"<1>45678901"] {
            framer.datagram(datagram, |message, status| seen.push((message.to_vec(), status)));
        }
        let expected: [(&[u8], Status); 5] = [
            (b"<13>a", Status::Whole),
            (b"<13>b", Status::Whole),
            (b"<13", Status::Invalid),
            (b"x", Status::Invalid),
            (b"<1>4567890", Status::Incomplete),
        ];
        assert_eq!(seen, expected.map(|(message, status)| (message.to_vec(), status)));
    }
}
