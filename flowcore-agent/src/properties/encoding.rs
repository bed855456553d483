/// The text of a file: UTF-8, else ISO-8859-1. The second value is false for the latter. A byte order mark
/// is left out.
pub(super) fn decode(bytes: &[u8]) -> (String, bool) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), true),
        Err(_) => (bytes.iter().map(|&byte| char::from(byte)).collect(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_byte_order_mark_is_dropped_and_other_bytes_are_latin_1() {
        assert_eq!(decode(b"\xef\xbb\xbfa=\xc3\xa4"), ("a=ä".to_owned(), true));
        assert_eq!(decode(b"a=\xe4"), ("a=ä".to_owned(), false));
        assert_eq!(decode(b""), (String::new(), true));
    }
}
