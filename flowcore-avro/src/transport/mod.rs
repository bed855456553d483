//! What lies between frames and sockets beside TLS: zlib streams.

mod compression;
mod deflate;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod order;
mod packing;

pub use compression::Compression;
pub use order::LayerOrder;
pub(crate) use packing::Packing;
