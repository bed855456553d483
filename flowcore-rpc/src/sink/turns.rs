use flowcore::base::Timestamp;
use flowcore::ingest::sink_policy::{LoadBalancePolicy, SinkPolicy};

use super::ConnectConfig;

/// Which server is tried next.
#[derive(Debug)]
pub(super) struct Turns {
    servers: usize,
    /// In one delivery, unless turns are shared out.
    attempts: usize,
    left: usize,
    /// The one that has not failed.
    current: usize,
    balance: Option<LoadBalancePolicy>,
}

impl Turns {
    pub(super) fn new(config: &ConnectConfig) -> Self {
        let servers = config.servers.len();
        let attempts = config.max_attempts.unwrap_or(servers);
        Self { servers, attempts, left: 0, current: 0, balance: config.balance.clone() }
    }

    /// Begins a delivery.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.left = self.attempts;
        if let Some(policy) = &mut self.balance {
            policy.begin(now);
        }
    }

    /// Who is to be tried; `None` when enough were.
    pub(super) fn next(&mut self) -> Option<usize> {
        if let Some(policy) = &mut self.balance {
            return policy.next();
        }
        self.left = self.left.checked_sub(1)?;
        Some(self.current)
    }

    pub(super) fn delivered(&mut self, server: usize, now: Timestamp) {
        if let Some(policy) = &mut self.balance {
            policy.delivered(server, now);
        }
    }

    pub(super) fn failed(&mut self, server: usize, now: Timestamp) {
        match &mut self.balance {
            Some(policy) => policy.failed(server, now),
            None => self.current = (server + 1) % self.servers.max(1),
        }
    }

    /// The first is the one to begin with.
    pub(super) fn reset(&mut self) {
        self.current = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn two() -> ConnectConfig {
        ConnectConfig::new("a", 1).backup("b", 2)
    }

    /// Which servers are tried in one delivery if all fail.
    fn failing(turns: &mut Turns) -> Vec<usize> {
        turns.begin(NOW);
        std::iter::from_fn(|| turns.next().inspect(|server| turns.failed(*server, NOW))).collect()
    }

    #[test]
    fn each_server_is_tried_once_and_the_one_that_works_is_kept() {
        let mut turns = Turns::new(&two());
        assert_eq!(failing(&mut turns), [0, 1]);
        turns.begin(NOW);
        assert_eq!(turns.next(), Some(0));
        turns.failed(0, NOW);
        assert_eq!(turns.next(), Some(1));
        turns.delivered(1, NOW);
        turns.begin(NOW);
        assert_eq!(turns.next(), Some(1));
        turns.reset();
        turns.begin(NOW);
        assert_eq!(turns.next(), Some(0));
    }

    #[test]
    fn as_many_are_tried_as_may_be() {
        assert_eq!(failing(&mut Turns::new(&two().max_attempts(1))), [0]);
        assert_eq!(failing(&mut Turns::new(&two().max_attempts(5))), [0, 1, 0, 1, 0]);
    }

    #[test]
    fn turns_are_shared_out_and_who_failed_rests() {
        let mut turns = Turns::new(&two().load_balance(LoadBalancePolicy::round_robin(2).backoff(true)));
        for server in [0, 1, 0] {
            turns.begin(NOW);
            assert_eq!(turns.next(), Some(server));
            turns.delivered(server, NOW);
        }
        assert_eq!(failing(&mut turns), [1, 0]);
        assert!(failing(&mut turns).is_empty());
    }
}
