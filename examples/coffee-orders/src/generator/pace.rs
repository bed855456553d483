use std::time::Duration;

/// When which order is due: number `n`, counted from 0, `n / rate` seconds after the start. Nothing is added
/// up, so no error does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    rate: f64,
}

impl Pace {
    /// `None` for what is no rate.
    pub(super) fn new(rate: f64) -> Option<Self> {
        (rate.is_finite() && rate > 0.0).then_some(Self { rate })
    }

    /// How many orders are due by now.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "such a cast stops at the largest number, which is as good as any so large"
    )]
    pub(super) fn due(self, elapsed: Duration) -> u64 {
        // A hair more than exact, so that rounding does not hold back an order at its very moment.
        ((elapsed.as_secs_f64() * self.rate + 1e-6) as u64).saturating_add(1)
    }

    /// How long until order number `next`, counted from 0, is due: nothing if it is.
    pub(super) fn wait(self, next: u64, elapsed: Duration) -> Option<Duration> {
        if next < self.due(elapsed) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "exact for thousands of years of orders")]
        let at = Duration::try_from_secs_f64(next as f64 / self.rate).unwrap_or(Duration::MAX);
        // A timer counts milliseconds; and no wait is so long that a clock could not hold it.
        Some(at.saturating_sub(elapsed).clamp(Duration::from_millis(1), Duration::from_hours(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_orders_are_due_as_the_rate_says_however_long_it_takes() {
        for rate in [0.1, 1.0 / 3.0, 4.0, 40.0, 12_345.6] {
            let pace = Pace::new(rate).unwrap();
            assert_eq!(pace.due(Duration::ZERO), 1);
            let days = Duration::from_hours(30 * 24);
            #[expect(clippy::cast_precision_loss, reason = "small enough")]
            let off = pace.due(days) as f64 - days.as_secs_f64() * rate;
            assert!((0.0..=1.0001).contains(&off), "{rate}: {off}");
        }
    }

    #[test]
    fn after_the_wait_the_next_order_is_due() {
        for rate in [0.1, 1.0 / 3.0, 7.0, 40.0, 999.0, 1e9] {
            let pace = Pace::new(rate).unwrap();
            let mut elapsed = Duration::ZERO;
            for _ in 0..1_000 {
                let next = pace.due(elapsed);
                elapsed += pace.wait(next, elapsed).unwrap();
                assert_eq!(pace.wait(next, elapsed), None, "{rate} at {elapsed:?}");
            }
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        assert!([0.0, -1.0, f64::NAN, f64::INFINITY].into_iter().all(|rate| Pace::new(rate).is_none()));
        assert_eq!(Pace::new(1e300).unwrap().due(Duration::from_secs(9)), u64::MAX);
    }
}
