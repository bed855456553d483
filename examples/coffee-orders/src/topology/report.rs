use std::sync::Arc;

use super::InputLine;
use crate::bucket::BucketName;
use crate::rejects::Rejected;
use crate::statistics::Statistics;

/// What a counting task tells the keeping task.
#[derive(Debug)]
pub enum Report<L: InputLine> {
    /// What is in its open bucket so far.
    Running {
        /// Which counting task.
        task: usize,
        /// The bucket.
        bucket: BucketName,
        /// Everything that the task counted in it.
        statistics: Arc<Statistics>,
    },
    /// Its part of a bucket is complete.
    Closed(Closed<L>),
}

/// A task's part of a bucket, or what it had of it when the program stopped.
#[derive(Debug)]
pub struct Closed<L: InputLine> {
    /// Which counting task.
    pub task: usize,
    /// The bucket.
    pub bucket: BucketName,
    /// What was counted.
    pub statistics: Arc<Statistics>,
    /// The lines that were counted or rejected.
    pub cover: L::Cover,
    /// Lines that are no orders.
    pub rejected: Vec<Rejected>,
}
