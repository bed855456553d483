use std::error::Error;
use std::fmt;

use flowcore::base::{TaskEnd, with_causes};

/// Why the program ends with an error: one message, with the causes behind it.
#[derive(Debug)]
pub struct Failure(Box<dyn Error + Send + Sync>);

impl Failure {
    /// From a message or an error.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_causes(&*self.0))
    }
}

/// How a part of the program has ended.
pub(super) fn ended<T>(name: &str, end: TaskEnd<Result<T, Failure>>) -> Result<T, Failure> {
    match end {
        TaskEnd::Done(result) => result,
        TaskEnd::Panicked(panic) => Err(panic.into()),
        TaskEnd::Aborted => Err(Failure::new(format!("{name} was aborted"))),
    }
}
