use std::sync::atomic::{AtomicU64, Ordering};

use super::{Route, Selector};
use crate::ingest::random::mixed;

/// Sends each event to one channel of several: to one after the other, or to a random one.
///
/// Events are counted, not batches, and the first one goes to the first channel. The channel must take its
/// event: a put that is refused is chosen for anew when it is tried again.
///
/// ```
/// use flowcore::ingest::selector::{LoadBalancingSelector, Route, Selector};
///
/// let selector = LoadBalancingSelector::round_robin([0, 2]);
/// let routes: Vec<Route> = (0..3).map(|event| selector.route(&event)).collect();
/// assert_eq!(routes, [0, 2, 0].map(|channel| Route::required([channel])));
/// ```
#[derive(Debug)]
pub struct LoadBalancingSelector {
    channels: Vec<usize>,
    policy: Policy,
    events: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
enum Policy {
    RoundRobin,
    Random { seed: u64 },
}

impl LoadBalancingSelector {
    /// To one of `channels` after the other.
    pub fn round_robin(channels: impl IntoIterator<Item = usize>) -> Self {
        Self::new(channels, Policy::RoundRobin)
    }

    /// To any of `channels`, each as likely as the others. The same `seed` gives the same choices.
    pub fn random(channels: impl IntoIterator<Item = usize>, seed: u64) -> Self {
        Self::new(channels, Policy::Random { seed })
    }

    fn new(channels: impl IntoIterator<Item = usize>, policy: Policy) -> Self {
        Self { channels: channels.into_iter().collect(), policy, events: AtomicU64::new(0) }
    }

    fn turn(&self) -> u64 {
        let event = self.events.fetch_add(1, Ordering::Relaxed);
        match self.policy {
            Policy::RoundRobin => event,
            Policy::Random { seed } => mixed(seed, event),
        }
    }
}

impl<T> Selector<T> for LoadBalancingSelector {
    fn route(&self, _event: &T) -> Route {
        let turn = self.turn().checked_rem(self.channels.len() as u64);
        let at = turn.and_then(|turn| usize::try_from(turn).ok());
        Route::required(at.and_then(|at| self.channels.get(at)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_choices_reach_every_channel_about_as_often() {
        let selector = LoadBalancingSelector::random([1, 4, 9], 7);
        let mut hits = [0_u32; 10];
        for _ in 0..3_000 {
            let route = Selector::route(&selector, &"event");
            let chosen: Vec<usize> = (0..10).filter(|&channel| route.requires(channel)).collect();
            assert_eq!(chosen.len(), 1);
            hits[chosen[0]] += 1;
        }
        assert!([1, 4, 9].iter().all(|&channel| hits[channel] > 850), "{hits:?}");
    }

    #[test]
    fn a_selector_of_no_channels_sends_nowhere() {
        assert!(Selector::route(&LoadBalancingSelector::round_robin([]), &"event").is_empty());
    }
}
