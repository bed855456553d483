/// A small random generator (splitmix64): the same numbers for the same seed, everywhere.
#[derive(Debug, Clone)]
pub struct SplitMix(u64);

impl SplitMix {
    /// The numbers of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 random bits.
    pub fn next_bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number from 0 to below `end`, each as likely as the others; 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        let scaled = u128::from(self.next_bits()) * u128::from(end);
        u64::try_from(scaled >> 64).unwrap_or_default()
    }

    /// One of them, each as likely as the others.
    pub(super) fn pick(&mut self, names: &[&'static str]) -> &'static str {
        let place = usize::try_from(self.below(names.len() as u64)).unwrap_or_default();
        names.get(place).copied().unwrap_or_default()
    }
}

/// Spreads every bit of the input over all bits of the output.
pub(super) const fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_splitmix64() {
        let mut random = SplitMix::new(1_234_567);
        let numbers: Vec<u64> = (0..3).map(|_| random.next_bits()).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}
