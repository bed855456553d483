use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Below eight nanoseconds a bucket each, then four to every doubling.
const BUCKETS: usize = 252;

/// How long tuples took, counted in buckets whose width is a quarter of a power of two: a quantile is at most
/// 25 % too large. Four kilobytes at most, however many tuples.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latency {
    buckets: Vec<u64>,
    nanos: u64,
}

impl Latency {
    /// How many tuples were counted.
    pub fn tuples(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The time of all of them together.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    /// The mean time. `None` without tuples.
    pub fn mean(&self) -> Option<Duration> {
        self.nanos.checked_div(self.tuples()).map(Duration::from_nanos)
    }

    /// The time within which this share of the tuples was done, as 0.99. `None` without tuples.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank"
    )]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = ((self.tuples() as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_nanos(upper_bound(bucket)))
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (count, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += more;
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
    }
}

/// Where tasks count latencies, by batch.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Box<[AtomicU64]>,
    nanos: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        let buckets = (0..BUCKETS).map(|_| AtomicU64::new(0)).collect();
        Self { buckets, nanos: AtomicU64::new(0) }
    }
}

impl Histogram {
    /// `tuples` took `time` each.
    pub(crate) fn record(&self, time: Duration, tuples: u64) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.buckets.get(bucket_of(nanos)) {
            count.fetch_add(tuples, Ordering::Relaxed);
            self.nanos.fetch_add(nanos.saturating_mul(tuples), Ordering::Relaxed);
        }
    }

    pub(crate) fn latency(&self) -> Latency {
        let mut counts: Vec<u64> = self.buckets.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let used = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        counts.truncate(used);
        Latency { buckets: counts, nanos: self.nanos.load(Ordering::Relaxed) }
    }
}

fn bucket_of(nanos: u64) -> usize {
    if nanos < 8 {
        return usize::try_from(nanos).unwrap_or(0);
    }
    let doubling = nanos.ilog2() as usize;
    let quarter = usize::try_from((nanos >> (doubling - 2)) & 3).unwrap_or(0);
    8 + (doubling - 3) * 4 + quarter
}

/// The largest number of nanoseconds in a bucket.
fn upper_bound(bucket: usize) -> u64 {
    if bucket < 8 {
        return bucket as u64;
    }
    let (doubling, quarter) = (3 + (bucket - 8) / 4, ((bucket - 8) % 4) as u128);
    let end = (4 + quarter + 1) << (doubling - 2);
    u64::try_from(end - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_lies_in_its_bucket_and_buckets_follow_each_other() {
        let mut last = None;
        for bucket in 0..BUCKETS {
            let end = upper_bound(bucket);
            assert_eq!(bucket_of(end), bucket);
            if let Some(last) = last {
                assert_eq!(bucket_of(last + 1), bucket, "after {last}");
            }
            last = Some(end).filter(|end| *end < u64::MAX);
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn a_quantile_is_at_most_a_quarter_too_large() {
        let histogram = Histogram::default();
        for micros in 1..=1000 {
            histogram.record(Duration::from_micros(micros), 1);
        }
        let latency = histogram.latency();
        assert_eq!(latency.tuples(), 1000);
        assert_eq!(
            (latency.total(), latency.mean()),
            (Duration::from_micros(500_500), Some(Duration::from_nanos(500_500)))
        );
        for (share, exact) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let ratio = latency.quantile(share).unwrap().as_secs_f64() * 1e6 / exact;
            assert!((1.0..1.25).contains(&ratio), "{share}: {ratio}");
        }
        assert_eq!(Latency::default().quantile(0.5), None);
    }
}
