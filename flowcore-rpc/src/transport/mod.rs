//! Reading frames: patience and memory for a peer are bounded here.

mod frames;
mod memory;
mod read_error;

pub(crate) use frames::Frames;
pub(crate) use memory::Memory;
pub use read_error::ReadError;
