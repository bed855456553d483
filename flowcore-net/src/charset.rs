use std::borrow::Cow;

use encoding_rs::{CoderResult, Encoding, UTF_16BE, UTF_16LE, mem};

/// How text is written in bytes.
///
/// ```
/// use flowcore_net::Charset;
/// assert_eq!(Charset::named("utf8")?, Charset::UTF_8);
/// assert_eq!(Charset::named("ISO-8859-1")?.decode(b"caf\xE9").as_deref(), Some("café"));
/// assert!(Charset::named("klingon").is_err());
/// # Ok::<(), flowcore_net::UnknownCharset>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset(Kind);

/// The two that the table of the web has under other names have their own meaning here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Utf8,
    Ascii,
    Latin1,
    Other(&'static Encoding),
}

/// A name that is none of a charset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no charset is called {0:?}")]
pub struct UnknownCharset(String);

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self(Kind::Utf8);

    /// The one of this name, in any case: those of the Encoding Standard, `ISO-8859-1` and `US-ASCII`.
    ///
    /// # Errors
    /// [`UnknownCharset`].
    pub fn named(name: &str) -> Result<Self, UnknownCharset> {
        let lower = name.trim().to_ascii_lowercase();
        let kind = match lower.as_str() {
            "utf-8" | "utf8" => Kind::Utf8,
            "us-ascii" | "ascii" | "iso646-us" => Kind::Ascii,
            "iso-8859-1" | "iso8859-1" | "iso8859_1" | "latin1" => Kind::Latin1,
            // Without a mark of its order it is big-endian, unlike on the web.
            "utf-16" | "utf16" => Kind::Other(UTF_16BE),
            other => match Encoding::for_label(other.as_bytes()) {
                Some(encoding) => Kind::Other(encoding),
                None => return Err(UnknownCharset(name.to_owned())),
            },
        };
        Ok(Self(kind))
    }

    /// The text of `bytes`, or `None` when they are not of this charset.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        match self.0 {
            Kind::Utf8 => str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Kind::Ascii if !bytes.is_ascii() => None,
            Kind::Ascii | Kind::Latin1 => Some(mem::decode_latin1(bytes)),
            Kind::Other(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes),
        }
    }

    /// The text of `bytes`, with a replacement character for each part that is not of this charset.
    pub fn decode_lossy<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        match self.0 {
            Kind::Utf8 | Kind::Ascii => String::from_utf8_lossy(bytes),
            Kind::Latin1 => mem::decode_latin1(bytes),
            Kind::Other(encoding) => encoding.decode_without_bom_handling(bytes).0,
        }
    }

    /// At least so many characters begin in `bytes`; never less for more bytes.
    pub(crate) fn count_chars(&self, bytes: &[u8]) -> usize {
        match self.0 {
            Kind::Utf8 => bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count(),
            Kind::Ascii | Kind::Latin1 => bytes.len(),
            Kind::Other(encoding) => count_begun(encoding, bytes),
        }
    }

    /// The bytes that end a line.
    pub(crate) fn newline(&self) -> &'static [u8] {
        match self.0 {
            Kind::Other(encoding) if encoding == UTF_16BE => b"\0\n",
            Kind::Other(encoding) if encoding == UTF_16LE => b"\n\0",
            _ => b"\n",
        }
    }
}

impl Default for Charset {
    fn default() -> Self {
        Self::UTF_8
    }
}

/// What may become a character, or none, with the bytes to come does not count yet.
fn count_begun(encoding: &'static Encoding, mut bytes: &[u8]) -> usize {
    let (mut decoder, mut units, mut count) = (encoding.new_decoder_without_bom_handling(), [0; 256], 0);
    loop {
        let (result, read, written, _) = decoder.decode_to_utf16(bytes, &mut units, false);
        count += units[..written].iter().filter(|unit| **unit & 0xFC00 != 0xDC00).count();
        bytes = &bytes[read..];
        if result == CoderResult::InputEmpty {
            return count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_bytes_are_never_fewer_characters() {
        for (name, bytes) in [
            ("iso-2022-jp", &b"\x1B$BF|\x1B(B!"[..]),
            ("gb18030", b"\x81\x30\x81\x30a"),
            ("utf-16", b"\xD8\x3D\xDE\x00\0a"),
        ] {
            let charset = Charset::named(name).unwrap();
            let counts: Vec<usize> =
                (0..=bytes.len()).map(|end| charset.count_chars(&bytes[..end])).collect();
            assert!(counts.is_sorted(), "{name}: {counts:?}");
            assert_eq!(counts.last(), Some(&2), "{name}");
        }
    }
}
