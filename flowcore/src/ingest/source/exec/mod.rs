//! What a command prints, line by line.

mod child;
mod line_splitter;
mod pending;
mod source;

pub use source::{ExecError, ExecSource};
