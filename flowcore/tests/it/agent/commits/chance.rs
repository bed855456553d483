use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore_testkit::Random;

/// Longer than the grace period: whoever waits so long while the agent changes is dropped.
const TOO_LONG: Duration = Duration::from_secs(12);

/// How the components of one agent behave, by one seed.
#[derive(Clone)]
pub(super) struct Chance(Arc<Mutex<State>>);

struct State {
    random: Random,
    is_calm: bool,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State { random: Random::new(seed), is_calm: false })))
    }

    /// Nobody is late, and nobody fails any more.
    pub(super) fn calm_down(&self) {
        self.0.lock().unwrap().is_calm = true;
    }

    /// A number below `bound`.
    pub(super) fn below(&self, bound: u64) -> u64 {
        self.0.lock().unwrap().random.below(bound)
    }

    pub(super) fn millis(&self, bound: u64) -> Duration {
        Duration::from_millis(self.below(bound))
    }

    /// How long something takes: nothing, a little, and now and then too long.
    pub(super) fn dawdle(&self) -> Duration {
        let mut state = self.0.lock().unwrap();
        match state.random.below(200) {
            0 if !state.is_calm => TOO_LONG,
            0..100 => Duration::ZERO,
            _ => Duration::from_millis(state.random.below(20)),
        }
    }

    pub(super) fn fails(&self) -> bool {
        let mut state = self.0.lock().unwrap();
        state.random.percent(3) && !state.is_calm
    }

    pub(super) fn percent(&self, percent: u64) -> bool {
        self.0.lock().unwrap().random.percent(percent)
    }
}
