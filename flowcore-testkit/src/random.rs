use futures_util::future::join_all;

/// A small random source that gives the same numbers for the same seed, on every platform (`SplitMix64`).
///
/// ```
/// use flowcore_testkit::Random;
/// let mut random = Random::new(7);
/// let roll = random.below(6);
/// assert_eq!(roll, Random::new(7).below(6));
/// ```
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts at `seed`. Print it in the test, so that a failure can be run again.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The same, and prints the seed: a test that fails shows it.
    pub fn seeded(seed: u64) -> Self {
        println!("seed {seed}");
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to before `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// An index below `len`.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// True `percent` times of a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Runs a test with each of so many seeds, from 0, all together: what is mostly waited takes no longer with more.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use flowcore_testkit::{Random, for_seeds};
///
/// for_seeds(3, async |seed| assert!(Random::seeded(seed).below(10) < 10)).await;
/// # }
/// ```
pub async fn for_seeds(seeds: u64, test: impl AsyncFn(u64)) {
    join_all((0..seeds).map(|seed| test(seed))).await;
}
