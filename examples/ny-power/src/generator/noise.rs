/// Random numbers by place instead of in a row: the same for the same seed, name and instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise(u64);

impl Noise {
    pub(super) const fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x6E79_2D70_6F77_6572))
    }

    fn bits(self, name: &str, at: i64) -> u64 {
        let named = name.bytes().fold(self.0, |bits, byte| mix(bits ^ u64::from(byte)));
        mix(named ^ at.cast_unsigned())
    }

    /// From 0 to below `end`.
    pub(super) fn below(self, name: &str, at: i64, end: i64) -> i64 {
        let end = u64::try_from(end).unwrap_or_default();
        let scaled = u128::from(self.bits(name, at)) * u128::from(end);
        i64::try_from(scaled >> 64).unwrap_or_default()
    }

    /// Once in `one_of` times.
    pub(super) fn happens(self, name: &str, at: i64, one_of: u64) -> bool {
        self.bits(name, at).is_multiple_of(one_of)
    }

    /// From -1000 to 1000, and straight from one multiple of `period` seconds to the next.
    pub(super) fn smooth(self, name: &str, at: i64, period: i64) -> i64 {
        let (place, into) = (at.div_euclid(period), at.rem_euclid(period));
        let there = |place| self.below(name, place, 2001) - 1000;
        (there(place) * (period - into) + there(place + 1) * into) / period
    }
}

/// Spreads every bit of the input over all bits of the output, as splitmix64 does.
const fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_numbers_stay_in_range_and_do_not_jump() {
        let noise = Noise::new(5);
        let mut last = noise.smooth("x", -10_000, 600);
        let mut range = (0, 0);
        for at in -9_999..100_000 {
            let next = noise.smooth("x", at, 600);
            assert!((next - last).abs() <= 4, "{at}: {last} then {next}");
            range = (range.0.min(next), range.1.max(next));
            last = next;
        }
        assert!((-1000..-600).contains(&range.0) && (601..=1000).contains(&range.1), "{range:?}");
    }

    #[test]
    fn what_happens_once_in_ten_times_does() {
        let noise = Noise::new(5);
        let times = (0..10_000).filter(|&at| noise.happens("x", at, 10)).count();
        assert!((800..1200).contains(&times), "{times}");
    }
}
