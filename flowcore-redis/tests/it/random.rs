use flowcore_testkit::Random;
use futures_util::future::join_all;

/// A random source whose seed is printed when the test fails.
pub(crate) fn seeded(seed: u64) -> Random {
    println!("seed {seed}");
    Random::new(seed)
}

/// Runs a test with each of so many seeds, all together.
pub(crate) async fn for_seeds<F: Future<Output = ()>>(seeds: u64, test: impl Fn(u64) -> F) {
    join_all((0..seeds).map(test)).await;
}
