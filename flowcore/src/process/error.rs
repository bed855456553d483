use std::error::Error;

use super::engine::NotReturned;
use crate::base::LossKind;

type Cause = Box<dyn Error + Send + Sync>;

/// Why a bolt did not process a tuple, and what becomes of it.
///
/// `?` on any error makes a [`BoltError::Retry`].
#[derive(Debug)]
pub enum BoltError {
    /// The tuple is tried again, up to the limit of its spout.
    Retry(Cause),
    /// The tuple is no good: it leaves by the dead-letter path at once.
    Reject(Cause),
    /// The bolt is broken: the tuple is tried again, and the task is rebuilt by its factory.
    Restart(Cause),
    /// The topology cannot go on: it stops with this error.
    Fatal(Cause),
}

impl BoltError {
    /// It may pass.
    pub fn retry(cause: impl Into<Cause>) -> Self {
        Self::Retry(cause.into())
    }

    /// The tuple is no good.
    pub fn reject(cause: impl Into<Cause>) -> Self {
        Self::Reject(cause.into())
    }

    /// The bolt is broken.
    pub fn restart(cause: impl Into<Cause>) -> Self {
        Self::Restart(cause.into())
    }

    /// The topology cannot go on.
    pub fn fatal(cause: impl Into<Cause>) -> Self {
        Self::Fatal(cause.into())
    }

    pub(crate) fn loss(&self) -> LossKind {
        match self {
            Self::Reject(_) => LossKind::Rejected,
            Self::Restart(cause) if cause.is::<NotReturned>() => LossKind::TimedOut,
            Self::Retry(_) | Self::Restart(_) | Self::Fatal(_) => LossKind::Failed,
        }
    }

    pub(crate) fn into_cause(self) -> Cause {
        match self {
            Self::Retry(cause) | Self::Reject(cause) | Self::Restart(cause) | Self::Fatal(cause) => cause,
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for BoltError {
    fn from(cause: E) -> Self {
        Self::Retry(cause.into())
    }
}

/// Why a spout cannot go on, and what becomes of it.
///
/// `?` on any error makes a [`SpoutError::Restart`].
#[derive(Debug)]
pub enum SpoutError {
    /// It may pass: the spout is closed and made anew after a pause.
    Restart(Cause),
    /// It will not pass by itself: the topology stops with this error.
    Fatal(Cause),
}

impl SpoutError {
    /// It may pass.
    pub fn restart(cause: impl Into<Cause>) -> Self {
        Self::Restart(cause.into())
    }

    /// It will not pass by itself.
    pub fn fatal(cause: impl Into<Cause>) -> Self {
        Self::Fatal(cause.into())
    }

    pub(crate) fn into_cause(self) -> Cause {
        match self {
            Self::Restart(cause) | Self::Fatal(cause) => cause,
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for SpoutError {
    fn from(cause: E) -> Self {
        Self::Restart(cause.into())
    }
}
