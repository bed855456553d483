use std::time::Duration;

/// Delays that double from a first one to a largest one.
///
/// ```
/// use flowcore::base::Backoff;
/// use std::time::Duration;
/// let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(300));
/// let delays = [backoff.next_delay(), backoff.next_delay(), backoff.next_delay()];
/// assert_eq!(delays.map(|d| d.as_millis()), [100, 200, 300]);
/// backoff.reset();
/// assert_eq!(backoff.next_delay().as_millis(), 100);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    largest: Duration,
    attempts: u32,
}

impl Backoff {
    /// Delays from `first` to `largest`.
    pub const fn new(first: Duration, largest: Duration) -> Self {
        Self { first, largest, attempts: 0 }
    }

    /// The delay before attempt number `attempt`, counted from 0.
    pub fn delay(&self, attempt: u32) -> Duration {
        self.first.saturating_mul(2u32.saturating_pow(attempt)).min(self.largest)
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        let delay = self.delay(self.attempts);
        self.attempts = self.attempts.saturating_add(1);
        delay
    }

    /// Delays asked for since the last success.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// It worked: start again with the first delay.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// How a component that failed is started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartPolicy {
    /// The delays between restarts.
    pub backoff: Backoff,
    /// Restarts in a row before it is given up. A component that has run for `stable_after` starts anew.
    pub max_restarts: u32,
    /// How long a component must have run for its restarts to be forgotten.
    pub stable_after: Duration,
}

impl Default for RestartPolicy {
    /// From 100 ms to 10 s, 10 restarts in a row, forgotten after a minute.
    fn default() -> Self {
        Self {
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(10)),
            max_restarts: 10,
            stable_after: Duration::from_mins(1),
        }
    }
}

impl RestartPolicy {
    /// Never restart: the first failure is the last.
    pub fn never() -> Self {
        Self { max_restarts: 0, ..Self::default() }
    }

    /// Decides about a component that failed after it ran for `ran`: the delay before it is started again,
    /// or `None` when it is given up.
    pub fn after_failure(&mut self, ran: Duration) -> Option<Duration> {
        if ran >= self.stable_after {
            self.backoff.reset();
        }
        (self.backoff.attempts() < self.max_restarts).then(|| self.backoff.next_delay())
    }
}
