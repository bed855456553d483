use std::error::Error;

use crate::base::Panic;
use crate::process::{BoltError, SpoutError};

/// Why a component cannot go on: what it returned, or that it panicked.
pub(crate) enum Fault<E> {
    Error(E),
    Panic(Panic),
}

pub(crate) type BoltFault = Fault<BoltError>;
pub(crate) type SpoutFault = Fault<SpoutError>;

/// The outcome of a call of the user's code that was contained.
pub(crate) fn settle<E>(result: Result<Result<(), E>, Panic>) -> Result<(), Fault<E>> {
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Fault::Error(error)),
        Err(panic) => Err(Fault::Panic(panic)),
    }
}

impl<E> Fault<E> {
    /// `cause_of` takes the cause out of what was returned.
    pub(crate) fn into_cause(
        self,
        cause_of: impl FnOnce(E) -> Box<dyn Error + Send + Sync>,
    ) -> Box<dyn Error + Send + Sync> {
        match self {
            Self::Error(error) => cause_of(error),
            Self::Panic(panic) => Box::new(panic),
        }
    }
}
