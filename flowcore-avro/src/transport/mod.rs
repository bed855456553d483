//! What lies between frames and sockets: zlib streams and TLS, and reading frames.

mod compression;
mod deflate;
mod frames;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod layers;
mod order;

pub use compression::Compression;
pub(crate) use frames::{Frames, ReadError};
pub(crate) use layers::Layers;
pub use order::LayerOrder;

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection with whatever lies on it.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}
