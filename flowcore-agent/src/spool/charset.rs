use encoding_rs::{DecoderResult, Encoding};

/// How text is written in bytes. Only those in which a newline is one byte that is part of nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Ascii,
    Latin1,
    Other(&'static Encoding),
}

/// What becomes of bytes that are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecodeErrors {
    Fail,
    Replace,
    Ignore,
}

/// The beginning of a line as text, how many bytes it was, and whether anything is left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) bytes: usize,
}

impl Charset {
    /// By its name in Java, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let upper = name.to_ascii_uppercase();
        match upper.as_str() {
            "UTF-8" | "UTF8" => return Some(Self::Utf8),
            "US-ASCII" | "ASCII" | "ISO646-US" => return Some(Self::Ascii),
            "ISO-8859-1" | "ISO8859_1" | "ISO8859-1" | "LATIN1" => return Some(Self::Latin1),
            _ => {}
        }
        let windows = || Some(format!("windows-{}", upper.strip_prefix("CP")?));
        let encoding =
            Encoding::for_label(name.as_bytes()).or_else(|| Encoding::for_label(windows()?.as_bytes()))?;
        let has_plain_newline = encoding != encoding_rs::UTF_16BE
            && encoding != encoding_rs::UTF_16LE
            && encoding != encoding_rs::REPLACEMENT
            && encoding != encoding_rs::ISO_2022_JP;
        has_plain_newline.then_some(Self::Other(encoding))
    }

    /// At most `most` of Java's characters. The error is where the first bytes stand that are no text.
    pub(super) fn decode(self, bytes: &[u8], most: usize, errors: DecodeErrors) -> Result<Decoded, usize> {
        let mut out = Limited { text: String::new(), left: most, bytes: 0 };
        match self {
            Self::Utf8 => {
                for chunk in bytes.utf8_chunks() {
                    let fits = chunk.valid().chars().all(|c| out.push(c, c.len_utf8()));
                    if !fits || !(chunk.invalid().is_empty() || out.bad(chunk.invalid().len(), errors)?) {
                        break;
                    }
                }
            }
            Self::Ascii | Self::Latin1 => {
                for &byte in bytes {
                    let is_bad = self == Self::Ascii && !byte.is_ascii();
                    let fits = if is_bad { out.bad(1, errors)? } else { out.push(char::from(byte), 1) };
                    if !fits {
                        break;
                    }
                }
            }
            Self::Other(encoding) => decode_other(encoding, bytes, errors, &mut out)?,
        }
        Ok(Decoded { text: out.text, bytes: out.bytes })
    }

    /// What it does not have is a question mark, as in Java.
    pub(super) fn encode(self, text: String) -> Vec<u8> {
        let narrow = |limit: u32| {
            let byte = move |c: char| u8::try_from(u32::from(c)).ok().filter(|byte| u32::from(*byte) < limit);
            text.chars().map(|c| byte(c).unwrap_or(b'?')).collect()
        };
        match self {
            Self::Ascii => narrow(128),
            Self::Latin1 => narrow(256),
            Self::Utf8 => text.into_bytes(),
            Self::Other(encoding) => {
                let (bytes, _, has_gaps) = encoding.encode(&text);
                if !has_gaps {
                    return bytes.into_owned();
                }
                let each = |c: char| match encoding.encode(c.encode_utf8(&mut [0; 4])) {
                    (bytes, _, false) => bytes.into_owned(),
                    _ => vec![b'?'],
                };
                text.chars().flat_map(each).collect()
            }
        }
    }
}

/// A character at a time, so that it is known how many bytes each was.
fn decode_other(
    encoding: &'static Encoding,
    bytes: &[u8],
    errors: DecodeErrors,
    out: &mut Limited,
) -> Result<(), usize> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut at, mut text) = (0, [0; 16]);
    let mut held = 0;
    while at < bytes.len() {
        let is_last = at + 1 == bytes.len();
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(&bytes[at..=at], &mut text, is_last);
        at += 1;
        held += read;
        for c in str::from_utf8(&text[..written]).unwrap_or_default().chars() {
            if !out.push(c, std::mem::take(&mut held)) {
                return Ok(());
            }
        }
        if matches!(result, DecoderResult::Malformed(..)) && !out.bad(std::mem::take(&mut held), errors)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Text up to a length.
struct Limited {
    text: String,
    left: usize,
    bytes: usize,
}

impl Limited {
    /// Returns false when it does not fit; a pair of surrogates is not cut.
    fn push(&mut self, c: char, bytes: usize) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left = self.left.saturating_sub(c.len_utf16());
        self.text.push(c);
        self.bytes += bytes;
        true
    }

    fn bad(&mut self, bytes: usize, errors: DecodeErrors) -> Result<bool, usize> {
        match errors {
            DecodeErrors::Fail => Err(self.bytes),
            DecodeErrors::Replace => Ok(self.push(char::REPLACEMENT_CHARACTER, bytes)),
            DecodeErrors::Ignore => {
                self.bytes += bytes;
                Ok(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(
        name: &str,
        bytes: &[u8],
        most: usize,
        errors: DecodeErrors,
    ) -> Result<(String, usize), usize> {
        let decoded = Charset::named(name).unwrap().decode(bytes, most, errors)?;
        Ok((decoded.text, decoded.bytes))
    }

    type Row = (&'static str, &'static [u8], usize, DecodeErrors, Result<(&'static str, usize), usize>);

    #[test]
    fn text_is_read_up_to_its_limit_and_bad_bytes_as_they_are_asked_to() {
        use DecodeErrors::{Fail, Ignore, Replace};
        let table: &[Row] = &[
            ("UTF-8", "aä€".as_bytes(), 9, Fail, Ok(("aä€", 6))),
            ("utf8", "aä€".as_bytes(), 2, Fail, Ok(("aä", 3))),
            ("UTF-8", "😀b".as_bytes(), 2, Fail, Ok(("😀", 4))),
            ("UTF-8", b"a\xffb", 9, Fail, Err(1)),
            ("UTF-8", b"a\xffb", 9, Replace, Ok(("a\u{fffd}b", 3))),
            ("UTF-8", b"a\xffb", 9, Ignore, Ok(("ab", 3))),
            ("UTF-8", b"ab\xe2\x82", 9, Replace, Ok(("ab\u{fffd}", 4))),
            ("US-ASCII", b"a\xe4", 9, Replace, Ok(("a\u{fffd}", 2))),
            ("ISO-8859-1", b"a\xe4\x80", 9, Fail, Ok(("aä\u{80}", 3))),
            ("windows-1252", b"a\x80", 9, Fail, Ok(("a€", 2))),
            ("Shift_JIS", b"\x93\xfa\x96{!", 9, Fail, Ok(("日本!", 5))),
            ("Shift_JIS", b"\x93\xfa\x96{!", 1, Fail, Ok(("日", 2))),
        ];
        for &(name, bytes, most, errors, expected) in table {
            let expected = expected.map(|(text, bytes)| (text.to_owned(), bytes));
            assert_eq!(decoded(name, bytes, most, errors), expected, "{name} {bytes:?}");
        }
    }

    #[test]
    fn a_charset_whose_newline_is_not_one_byte_is_none_of_ours() {
        for name in ["UTF-16", "UTF-16LE", "UTF-32", "ISO-2022-JP", "nonsense"] {
            assert_eq!(Charset::named(name), None, "{name}");
        }
    }

    #[test]
    fn what_a_charset_does_not_have_is_written_as_a_question_mark() {
        for (name, expected) in [
            ("UTF-8", "ä€".as_bytes()),
            ("US-ASCII", b"??"),
            ("ISO-8859-1", b"\xe4?"),
            ("windows-1252", b"\xe4\x80"),
        ] {
            assert_eq!(Charset::named(name).unwrap().encode("ä€".to_owned()), expected, "{name}");
        }
    }
}
