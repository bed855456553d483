use std::time::Duration;

use flowcore::base::{Backoff, random_u64};

/// How files are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollConfig {
    /// How long after an answer a file that grows is asked for again. 60 s.
    pub interval: Duration,
    /// How long after its day a file may still get its last rows. 30 min.
    pub keep: Duration,
    /// How long is waited after failures; each delay is shortened at random, by half at most. 5 s to 5 min.
    pub backoff: Backoff,
    /// After so many refusals in a row a file of the past is given up: 20 for one that is no file of the
    /// operator's, a tenth of it for one that is missing.
    pub refusals: u32,
    /// How many days before today are fetched first: the daily files, or what is in the zips of the months
    /// where those are not there any more. None.
    pub backlog_days: u16,
    /// The instant of the last interval that is known from before: following goes on from its day, but not
    /// from more than 14 days ago, when the operator has no daily files any more. None.
    pub since: Option<jiff::Timestamp>,
    /// Of the random delays; by default each poll has its own.
    pub seed: u64,
}

impl Default for PollConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_mins(1),
            keep: Duration::from_mins(30),
            backoff: Backoff::new(Duration::from_secs(5), Duration::from_mins(5)),
            refusals: 20,
            backlog_days: 0,
            since: None,
            seed: random_u64(),
        }
    }
}
