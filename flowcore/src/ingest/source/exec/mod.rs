//! What a command prints, line by line.

mod child;
mod line_splitter;
mod source;

pub use source::{ExecError, ExecSource};
