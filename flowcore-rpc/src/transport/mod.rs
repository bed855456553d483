//! Reading frames: patience and memory for a peer are bounded here.

mod frames;
mod read_error;

pub(crate) use frames::{Frames, memory};
pub use read_error::ReadError;
