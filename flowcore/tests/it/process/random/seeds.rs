//! Which seeds are run: some each time, more or a single one when the environment says so.

use std::ops::Range;
use std::panic::{PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// Runs a test for each seed. `FLOWCORE_SEED=30017` runs that one alone, `FLOWCORE_ROUNDS=20` twenty times as
/// many.
pub(in crate::process) fn for_each_seed(seeds: Range<u64>, run: impl Fn(u64) + std::panic::RefUnwindSafe) {
    keep_chances_quiet();
    if let Some(seed) = from_environment("FLOWCORE_SEED") {
        return run(seed);
    }
    let rounds = from_environment("FLOWCORE_ROUNDS").unwrap_or(1);
    let more = seeds.start + (seeds.end - seeds.start) * rounds;
    for seed in seeds.start..more {
        let outcome = catch_unwind(|| run(seed));
        assert!(outcome.is_ok(), "failed with seed {seed}: FLOWCORE_SEED={seed} runs it alone");
    }
}

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number, not {value}")))
}

/// Panics that are meant are thousands, and their traces would take longer than the runs.
fn keep_chances_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
            let meant = panic.payload_as_str().is_some_and(|text| text.contains("by chance"));
            if !meant {
                others(panic);
            }
        }));
    });
}
