//! Files that are written one after the other.

mod policy;
mod sink;

pub use sink::{RollingFileError, RollingFileSink};
