use async_trait::async_trait;

use super::{Closed, InputLine};
use crate::bucket::BucketName;
use crate::packet;
use crate::statistics::Tally;

/// Keeps closed buckets, and tells the world about open ones.
#[async_trait]
pub trait Keeper<L: InputLine>: Send + 'static {
    /// Opens what it keeps them in.
    ///
    /// # Errors
    /// Why that cannot be.
    async fn open(&mut self) -> Result<(), KeepError> {
        Ok(())
    }

    /// Keeps the counts and marks the lines that they cover as done, both or neither.
    ///
    /// # Errors
    /// When neither was done, and trying again is of no use.
    async fn keep(&mut self, closed: &Closed<L>) -> Result<(), KeepError>;

    /// What is kept of a bucket.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn kept(&mut self, bucket: BucketName) -> Result<Vec<Tally>, KeepError>;

    /// Tells everybody who looks how full the open bucket is. What gets lost is made good by the next call.
    async fn publish(&mut self, packets: Vec<packet::Statistics>);
}

/// Why a bucket could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("{action}")]
pub struct KeepError {
    /// What was tried.
    pub action: &'static str,
    /// Why it failed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl KeepError {
    /// `action` failed because of `source`.
    pub fn new(action: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { action, source: source.into() }
    }
}
