//! Regular expressions as they are written for Java, run in linear time.

mod error;
mod java;
mod replacement;
mod translate;

pub use error::{PatternError, PatternErrorKind};
pub use java::Pattern;

pub(crate) use replacement::Replacement;
