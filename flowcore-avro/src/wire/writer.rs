//! Writes values of Avro's binary encoding to the end of a vector.

pub(crate) fn long(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push(low_byte(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_byte(rest));
}

fn low_byte(value: u64) -> u8 {
    let [low, ..] = value.to_le_bytes();
    low
}

/// A length or count. None in memory is longer than what is written here.
pub(crate) fn size(out: &mut Vec<u8>, size: usize) {
    long(out, i64::try_from(size).unwrap_or(i64::MAX));
}

pub(crate) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    size(out, bytes.len());
    out.extend_from_slice(bytes);
}

pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    bytes(out, text.as_bytes());
}
