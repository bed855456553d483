use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds in microseconds: about three to a power of ten, from 10 µs to 30 s.
const MICROS: [u64; 14] = [
    10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000,
    30_000_000,
];

/// How long batches took, counted between fixed bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delays {
    /// The last one is above all bounds.
    buckets: [u64; MICROS.len() + 1],
    nanos: u64,
}

impl Delays {
    /// How many batches were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The time of all of them together.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    /// For each bound from small to large, how many batches took no longer.
    pub fn within(&self) -> impl Iterator<Item = (Duration, u64)> {
        let mut sum = 0;
        MICROS.iter().zip(self.buckets).map(move |(micros, count)| {
            sum += count;
            (Duration::from_micros(*micros), sum)
        })
    }
}

/// Where [`Delays`] are counted, once for each batch.
#[derive(Debug, Default)]
pub(crate) struct DelayHistogram {
    buckets: [AtomicU64; MICROS.len() + 1],
    nanos: AtomicU64,
}

impl DelayHistogram {
    pub(crate) fn record(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let bucket = MICROS.partition_point(|micros| micros.saturating_mul(1000) < nanos);
        if let Some(count) = self.buckets.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
            self.nanos.fetch_add(nanos, Ordering::Relaxed);
        }
    }

    pub(crate) fn delays(&self) -> Delays {
        let buckets = self.buckets.each_ref().map(|count| count.load(Ordering::Relaxed));
        Delays { buckets, nanos: self.nanos.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_counts_within_its_bound_and_all_larger_ones() {
        let histogram = DelayHistogram::default();
        for micros in [10, 11, 1_000, 31_000_000] {
            histogram.record(Duration::from_micros(micros));
        }
        let delays = histogram.delays();
        assert_eq!((delays.count(), delays.total()), (4, Duration::from_micros(31_001_021)));
        let within: Vec<u64> = delays.within().map(|(_, count)| count).collect();
        assert_eq!(within, [1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
    }
}
