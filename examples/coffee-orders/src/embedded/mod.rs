//! The program without any server: closed buckets go into a store in its own folder.

mod board;
mod keeper;

pub use board::EmbeddedBoard;
pub use keeper::EmbeddedKeeper;
