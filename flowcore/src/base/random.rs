use std::hash::{BuildHasher, RandomState};

/// A number that is another one each time, in every process: for names that nobody else has, and for seeds. It is
/// no secret.
///
/// ```
/// use flowcore::base::random_u64;
///
/// let name = format!("consumer-{:016x}", random_u64());
/// assert_ne!(name, format!("consumer-{:016x}", random_u64()));
/// ```
pub fn random_u64() -> u64 {
    // Its keys come from the system, and are others each time.
    RandomState::new().hash_one(0_u8)
}
