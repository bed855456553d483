use memchr::memchr;

/// Cuts what a connection brings at newlines, for the multiport source. A line that is longer than `size` is
/// given out in parts.
#[derive(Debug)]
pub(super) struct LineCutter {
    size: usize,
    line: Vec<u8>,
}

impl LineCutter {
    /// Lines of at most `size` bytes, at least 10.
    pub(super) fn new(size: usize) -> Self {
        Self { size: size.max(10), line: Vec::new() }
    }

    /// Takes in `bytes` and hands over the lines that end in them, and whether that is the whole of each.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut hand_over: impl FnMut(&[u8], bool)) {
        while !bytes.is_empty() {
            let room = self.size - self.line.len();
            let newline = memchr(b'\n', &bytes[..bytes.len().min(room + 1)]);
            if let Some(newline) = newline {
                self.line.extend_from_slice(&bytes[..newline]);
                bytes = &bytes[newline + 1..];
            } else {
                let fits = bytes.len().min(room);
                self.line.extend_from_slice(&bytes[..fits]);
                bytes = &bytes[fits..];
                if bytes.is_empty() {
                    return;
                }
            }
            hand_over(&self.line, newline.is_some());
            self.line.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;

    use super::*;

    fn cut(parts: &[&[u8]]) -> Vec<(String, bool)> {
        let mut cutter = LineCutter::new(10);
        let mut lines = Vec::new();
        for part in parts {
            cutter.feed(part, |line, whole| lines.push((String::from_utf8(line.to_vec()).unwrap(), whole)));
        }
        lines
    }

    #[test]
    fn lines_that_are_longer_are_given_out_in_parts_and_empty_ones_too() {
        let seen = cut(&[b"one\n\n1234567890\n12345678901234567890\nX1234567890Y\nrest"]);
        let expected = [
            ("one", true),
            ("", true),
            ("1234567890", true),
            ("1234567890", false),
            ("1234567890", true),
            ("X123456789", false),
            ("0Y", true),
        ];
        assert_eq!(seen, expected.map(|(line, whole)| (line.to_owned(), whole)));
    }

    #[test]
    fn reads_that_split_the_bytes_anywhere_change_nothing() {
        let seed = 29;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        for _ in 0..2000 {
            let bytes: Vec<u8> = (0..random.index(60)).map(|_| b"abcdef\n"[random.index(7)]).collect();
            let (mut parts, mut rest) = (Vec::new(), &bytes[..]);
            while !rest.is_empty() {
                let (part, after) = rest.split_at(1 + random.index(rest.len()));
                parts.push(part);
                rest = after;
            }
            assert_eq!(cut(&parts), cut(&[&bytes]), "{parts:?}");
        }
    }
}
