/// The fingerprint of nothing, and the polynomial.
const EMPTY: u64 = 0xc15d_213a_a4d7_a795;

const TABLE: [u64; 256] = table();

const fn table() -> [u64; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut print = at as u64;
        let mut bit = 0;
        while bit < 8 {
            print = (print >> 1) ^ (EMPTY & (print & 1).wrapping_neg());
            bit += 1;
        }
        table[at] = print;
        at += 1;
    }
    table
}

/// CRC-64-AVRO.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(EMPTY, |print, byte| {
        let [low, ..] = (print ^ u64::from(*byte)).to_le_bytes();
        (print >> 8) ^ TABLE[usize::from(low)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the test cases of Avro.
    #[test]
    fn it_is_that_of_avro() {
        for (text, expected) in [
            ("\"null\"", 7_195_948_357_588_979_594_i64),
            ("\"boolean\"", -6_970_731_678_124_411_036),
            ("\"int\"", 8_247_732_601_305_521_295),
            ("\"string\"", -8_142_146_995_180_207_161),
        ] {
            assert_eq!(fingerprint(text.as_bytes()), expected.cast_unsigned(), "{text}");
        }
    }
}
