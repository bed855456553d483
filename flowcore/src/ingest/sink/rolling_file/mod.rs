//! Files that are written one after the other.

mod encoding;
mod names;
mod policy;
mod sink;

pub use names::FileNames;
pub use sink::{RollingFileError, RollingFileSink};
