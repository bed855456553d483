use flowcore_testkit::Random;

/// A random source whose seed is printed when the test fails.
pub(crate) fn seeded(seed: u64) -> Random {
    println!("seed {seed}");
    Random::new(seed)
}
