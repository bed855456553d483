use bytes::Bytes;
use memchr::memchr_iter;

/// Splits what a pipe brings into lines. Keeps the beginning of one line, up to the limit.
#[derive(Debug)]
pub(super) struct LineSplitter {
    limit: usize,
    /// Whether a carriage return before a newline belongs to the end of the line.
    crlf: bool,
    head: Vec<u8>,
    length: u64,
}

/// A line, and its full length when this is only its beginning.
pub(super) type SplitLine = (Bytes, Option<u64>);

impl LineSplitter {
    pub(super) fn new(limit: usize, crlf: bool) -> Self {
        Self { limit, crlf, head: Vec::new(), length: 0 }
    }

    /// Takes in `chunk` and hands over the lines that end in it.
    pub(super) fn feed(&mut self, chunk: &Bytes, mut hand_over: impl FnMut(SplitLine)) {
        let mut start = 0;
        for newline in memchr_iter(b'\n', chunk) {
            let from = std::mem::replace(&mut start, newline + 1);
            if self.length == 0 && newline - from <= self.limit {
                let end = newline - usize::from(self.crlf && chunk[from..newline].ends_with(b"\r"));
                hand_over((chunk.slice(from..end), None));
            } else {
                self.keep(&chunk[from..newline]);
                hand_over(self.take());
            }
        }
        self.keep(&chunk[start..]);
    }

    /// The last line, if it has no end.
    pub(super) fn rest(&mut self) -> Option<SplitLine> {
        (self.length > 0).then(|| self.take())
    }

    fn keep(&mut self, part: &[u8]) {
        let room = self.limit.saturating_sub(self.head.len()).min(part.len());
        self.head.extend_from_slice(&part[..room]);
        self.length += part.len() as u64;
    }

    fn take(&mut self) -> SplitLine {
        let (mut head, length) = (std::mem::take(&mut self.head), std::mem::take(&mut self.length));
        let truncated = (length > head.len() as u64).then_some(length);
        if self.crlf && truncated.is_none() && head.ends_with(b"\r") {
            head.pop();
        }
        (head.into(), truncated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(chunks: &[&str], limit: usize) -> Vec<(String, Option<u64>)> {
        let mut splitter = LineSplitter::new(limit, true);
        let mut lines = Vec::new();
        for chunk in chunks {
            splitter.feed(&Bytes::copy_from_slice(chunk.as_bytes()), |line| lines.push(line));
        }
        lines.extend(splitter.rest());
        lines.into_iter().map(|(body, cut)| (String::from_utf8(body.to_vec()).unwrap(), cut)).collect()
    }

    #[test]
    fn lines_are_the_same_however_the_pipe_cuts_them() {
        let text = "one\n\nthree\r\nfour and more\n\r\na\rb\nlast\r";
        let whole = split(&[text], 6);
        let expected = [
            ("one", None),
            ("", None),
            ("three", None),
            ("four a", Some(13)),
            ("", None),
            ("a\rb", None),
            ("last", None),
        ];
        assert_eq!(whole, expected.map(|(body, cut)| (body.to_owned(), cut)));
        for first in 0..=text.len() {
            for second in first..=text.len() {
                assert_eq!(split(&[&text[..first], &text[first..second], &text[second..]], 6), whole);
            }
        }
    }
}
