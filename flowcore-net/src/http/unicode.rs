use std::borrow::Cow;

/// How a request writes its text, and the bodies of its events with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unicode {
    Utf8,
    /// Units of so many bytes, the most significant one first or last; with a mark that says so, or not.
    Wide {
        bytes: usize,
        big: bool,
        mark: bool,
    },
}

impl Unicode {
    /// Of a content type; UTF-8 when it says nothing, none when it says another one.
    pub(super) fn of(content_type: Option<&str>) -> Option<Self> {
        let parameters = content_type.unwrap_or_default().split(';').skip(1);
        let charset =
            parameters.filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
                name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
            });
        let wide = |bytes, big, mark| Some(Self::Wide { bytes, big, mark });
        match charset.unwrap_or("utf-8").to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "utf-16" | "utf16" => wide(2, true, true),
            "utf-16be" => wide(2, true, false),
            "utf-16le" => wide(2, false, false),
            "utf-32" | "utf32" | "utf-32be" => wide(4, true, false),
            "utf-32le" => wide(4, false, false),
            _ => None,
        }
    }

    /// The text of `bytes` without a mark, or none when they are no text.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        let Self::Wide { bytes: width, mut big, .. } = self else {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            return str::from_utf8(bytes).ok().map(Cow::Borrowed);
        };
        let mut units = bytes.chunks_exact(width);
        if !units.remainder().is_empty() {
            return None;
        }
        let first = units.clone().next();
        if first.is_some_and(|unit| number(unit, !big) == 0xFEFF) {
            big = !big;
        }
        if first.is_some_and(|unit| number(unit, big) == 0xFEFF) {
            units.next();
        }
        let numbers = units.map(|unit| number(unit, big));
        let text: Option<String> = if width == 2 {
            char::decode_utf16(numbers.map(|unit| u16::try_from(unit).unwrap_or(0))).map(Result::ok).collect()
        } else {
            numbers.map(char::from_u32).collect()
        };
        text.map(Cow::Owned)
    }

    pub(super) fn encode(self, text: String) -> Vec<u8> {
        let Self::Wide { bytes, big, mark } = self else { return text.into_bytes() };
        let mut units = Vec::with_capacity((text.len() + 1) * bytes);
        let mut push = |unit: u32| {
            let all = unit.to_be_bytes();
            let own = &all[4 - bytes..];
            if big { units.extend(own) } else { units.extend(own.iter().rev()) }
        };
        if mark && !text.is_empty() {
            push(0xFEFF);
        }
        if bytes == 2 {
            text.encode_utf16().for_each(|unit| push(u32::from(unit)));
        } else {
            text.chars().for_each(|letter| push(u32::from(letter)));
        }
        units
    }
}

fn number(unit: &[u8], big: bool) -> u32 {
    let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
    if big { unit.iter().fold(0, add) } else { unit.iter().rev().fold(0, add) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_the_same_after_each_charset_and_bytes_that_are_none_are_refused() {
        for name in ["utf-8", "UTF-16", "utf-16be", "utf-16le", "UTF-32", "utf-32le"] {
            let unicode = Unicode::of(Some(&format!("application/json; charset={name}"))).unwrap();
            let text = "a\u{10FFFF}é\n";
            let bytes = unicode.encode(text.to_owned());
            assert_eq!(unicode.decode(&bytes).as_deref(), Some(text), "{name}");
        }
        let wide = Unicode::of(Some("a; CHARSET=\"utf-16\"")).unwrap();
        assert_eq!(wide.encode("a".to_owned()), [0xFE, 0xFF, 0, b'a']);
        assert_eq!(wide.decode(&[0xFF, 0xFE, b'a', 0]).as_deref(), Some("a"), "a mark says the order");
        assert_eq!(wide.decode(&[0, b'a', 0]), None);
        assert_eq!(wide.decode(&[0xD8, 0]), None);
        assert_eq!(Unicode::of(None), Some(Unicode::Utf8));
        assert_eq!(Unicode::of(Some("text/plain; charset=iso-8859-1")), None);
        assert_eq!(Unicode::Utf8.decode(b"\xFF"), None);
    }
}
