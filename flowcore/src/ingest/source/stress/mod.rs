//! As many events as a channel takes, or as many as it is to take.

mod pace;
mod source;

pub use source::StressSource;
