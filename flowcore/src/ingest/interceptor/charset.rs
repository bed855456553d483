use std::borrow::Cow;

/// How text is written in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Charset {
    /// `UTF-8`.
    #[default]
    Utf8,
    /// `US-ASCII`.
    Ascii,
    /// `ISO-8859-1`.
    Latin1,
}

impl Charset {
    /// By its name or an alias, in any case; `None` if it is not among those above.
    ///
    /// ```
    /// use flowcore::ingest::interceptor::Charset;
    /// assert_eq!(Charset::named("utf-8"), Some(Charset::Utf8));
    /// assert_eq!(Charset::named("latin1"), Some(Charset::Latin1));
    /// assert_eq!(Charset::named("EBCDIC"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "us-ascii" | "ascii" | "iso646-us" => Some(Self::Ascii),
            "iso-8859-1" | "iso8859_1" | "iso8859-1" | "iso_8859-1" | "latin1" | "l1" => Some(Self::Latin1),
            _ => None,
        }
    }

    /// The text as UTF-8; `None` if it is not written so.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(|_| Cow::Borrowed(bytes)),
            Self::Ascii => bytes.is_ascii().then_some(Cow::Borrowed(bytes)),
            Self::Latin1 if bytes.is_ascii() => Some(Cow::Borrowed(bytes)),
            Self::Latin1 => {
                Some(Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into()))
            }
        }
    }

    /// The bytes of UTF-8 text; a character that it does not have becomes a question mark.
    pub(super) fn encode(self, text: Vec<u8>) -> Vec<u8> {
        let most = match self {
            Self::Utf8 => return text,
            Self::Ascii => 0x7F,
            Self::Latin1 => 0xFF,
        };
        let text = String::from_utf8_lossy(&text);
        let code = |character: char| u8::try_from(u32::from(character)).ok().filter(|code| *code <= most);
        text.chars().map(|character| code(character).unwrap_or(b'?')).collect()
    }
}
