use std::hash::{Hash, Hasher};

/// The hash of fields grouping: the same key has the same hash in every process, on every platform and in
/// every release of flowcore.
///
/// The state starts at `0x243F_6A88_85A3_08D3` (the first bits of pi). Each 64-bit word `w` of input makes it
/// `fold(state ^ w, 0x9E37_79B9_7F4A_7C15)` (the golden ratio), where `fold` multiplies to 128 bits and
/// combines the halves by exclusive or. Integers are one word each (128-bit ones two, the low half first);
/// bytes are taken as little-endian words of eight, the last one filled with zeros, and then their number;
/// text is its bytes and then one word `0xff`, as in the standard library.
/// [`finish`](Hasher::finish) folds once more. It is fast and even; it does not resist somebody who chooses
/// keys to collide.
///
/// Of `n` tasks, a hash `h` is on task `h * n / 2^64`, rounded down. For a partial key, that is the first one;
/// the second one is found in the same way among the `n - 1` others, in their order, with
/// `fold(h ^ 0x1319_8A2E_0370_7344, 0x9E37_79B9_7F4A_7C15)` (further bits of pi).
///
/// ```
/// use flowcore::process::stable_hash;
/// assert_eq!(stable_hash("jeongja"), 0x2ebf_c294_2240_8479);
/// ```
#[derive(Debug, Clone)]
pub struct StableHasher(u64);

const START: u64 = 0x243F_6A88_85A3_08D3;
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
const SECOND: u64 = 0x1319_8A2E_0370_7344;

/// The [`StableHasher`]'s hash of one key.
pub fn stable_hash<K: Hash + ?Sized>(key: &K) -> u64 {
    let mut hasher = StableHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}

/// A hash of a hash, which is independent of it.
#[inline]
pub(super) fn second_hash(hash: u64) -> u64 {
    fold(hash ^ SECOND, FACTOR)
}

impl Default for StableHasher {
    fn default() -> Self {
        Self(START)
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are what is wanted")]
    let halves = (wide as u64, (wide >> 64) as u64);
    halves.0 ^ halves.1
}

/// Fewer than eight bytes as one little-endian word: two reads that overlap, no loop.
#[inline]
fn zero_filled(bytes: &[u8]) -> u64 {
    let shift = |width: usize| 8 * (bytes.len() - width);
    if let (Some(low), Some(high)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << shift(4);
    }
    if let (Some(low), Some(high)) = (bytes.first_chunk::<2>(), bytes.last_chunk::<2>()) {
        return u64::from(u16::from_le_bytes(*low)) | u64::from(u16::from_le_bytes(*high)) << shift(2);
    }
    bytes.first().map_or(0, |&byte| byte.into())
}

impl StableHasher {
    #[inline]
    fn word(&mut self, word: u64) {
        self.0 = fold(self.0 ^ word, FACTOR);
    }
}

impl Hasher for StableHasher {
    #[inline]
    fn finish(&self) -> u64 {
        fold(self.0, START)
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.word(zero_filled(rest));
        }
        self.word(bytes.len() as u64);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.word(value.into());
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.word(value.into());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.word(value.into());
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.word(value);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the low half, then the high one")]
    fn write_u128(&mut self, value: u128) {
        self.word(value as u64);
        self.word((value >> 64) as u64);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.word(value as u64);
    }

    // Signed numbers are extended to 64 bits first, so that an `isize` hashes alike everywhere.
    #[inline]
    fn write_i8(&mut self, value: i8) {
        self.write_i64(value.into());
    }

    #[inline]
    fn write_i16(&mut self, value: i16) {
        self.write_i64(value.into());
    }

    #[inline]
    fn write_i32(&mut self, value: i32) {
        self.write_i64(value.into());
    }

    #[inline]
    fn write_i64(&mut self, value: i64) {
        self.word(value.cast_unsigned());
    }

    #[inline]
    fn write_i128(&mut self, value: i128) {
        self.write_u128(value.cast_unsigned());
    }

    #[inline]
    fn write_isize(&mut self, value: isize) {
        self.write_i64(value as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_never_change() {
        // Computed by another program from the description above. A change here moves every key to another task: it is a break for users.
        assert_eq!(stable_hash(""), 0x8d4c_3b5e_de97_c46f);
        assert_eq!(stable_hash(&0u64), 0xfdbd_920b_a628_a4b8);
        assert_eq!(stable_hash(&-1i32), stable_hash(&-1i64));
        assert_eq!(stable_hash("word"), stable_hash(&String::from("word")));
        assert_ne!(stable_hash("ab\0"), stable_hash("ab"));
    }

    #[test]
    fn keys_spread_evenly_over_tasks() {
        for tasks in [2usize, 3, 7, 64] {
            let mut counts = vec![0u32; tasks];
            for key in 0..64_000u64 {
                counts[super::super::fields::task_of(stable_hash(&key), tasks)] += 1;
            }
            let even = 64_000 / u32::try_from(tasks).unwrap();
            assert!(counts.iter().all(|&c| c > even * 8 / 10 && c < even * 12 / 10), "{counts:?}");
        }
    }
}
