use std::time::Duration;

/// Which tuples a tap takes. Pure: it is told the time.
#[derive(Debug)]
pub(super) struct Sampler {
    one_in: u64,
    per_second: Option<u64>,
    /// How many tuples to pass over before the next one.
    skip: u64,
    second: u64,
    taken: u64,
}

impl Sampler {
    pub(super) fn new(one_in: u64, per_second: Option<u64>) -> Self {
        Self { one_in: one_in.max(1), per_second, skip: 0, second: 0, taken: 0 }
    }

    /// Whether it has to be told the time.
    pub(super) fn reads_time(&self) -> bool {
        self.per_second.is_some()
    }

    /// Passes over a batch of `len` tuples, at a time since the tap was set, and gives the positions to take.
    /// It costs what is taken, not what is passed over.
    pub(super) fn pick(&mut self, len: u32, at: Duration) -> impl Iterator<Item = u32> {
        if self.second != at.as_secs() {
            (self.second, self.taken) = (at.as_secs(), 0);
        }
        let len = u64::from(len);
        let mut position = self.skip;
        self.skip = (position + len.saturating_sub(position).next_multiple_of(self.one_in)) - len;
        std::iter::from_fn(move || {
            if position >= len || self.per_second.is_some_and(|most| self.taken >= most) {
                return None;
            }
            self.taken += 1;
            let taken = position;
            position += self.one_in;
            u32::try_from(taken).ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_n_is_taken_however_the_batches_are_cut() {
        for seed in 0..200_u64 {
            let one_in = 1 + seed % 7;
            let mut sampler = Sampler::new(one_in, None);
            let (mut seen, mut taken) = (0_u64, Vec::new());
            for step in 0..20 {
                let len = u32::try_from((seed * 31 + step * step * 7) % 12).unwrap();
                taken.extend(sampler.pick(len, Duration::ZERO).map(|at| seen + u64::from(at)));
                seen += u64::from(len);
            }
            let expected: Vec<_> = (0..seen).filter(|tuple| tuple % one_in == 0).collect();
            assert_eq!(taken, expected, "seed {seed}");
        }
    }

    #[test]
    fn no_more_are_taken_in_a_second_than_allowed() {
        let mut sampler = Sampler::new(2, Some(3));
        let mut count = |millis| sampler.pick(10, Duration::from_millis(millis)).count();
        assert_eq!([count(0), count(999), count(1000), count(5000)], [3, 0, 3, 3]);
    }
}
