//! What lies between frames and sockets: zlib streams, and reading frames.

mod compression;
mod deflate;
mod frames;

pub use compression::Compression;
pub(crate) use frames::{Frames, ReadError};

use deflate::DeflateStream;
use tokio::io::{AsyncRead, AsyncWrite};

/// A connection with whatever lies on it.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}

/// The same with a zlib stream in each direction, if that is wanted.
pub(crate) fn compressed(stream: Box<dyn Io>, compression: Compression) -> Box<dyn Io> {
    match compression {
        Compression::None => stream,
        Compression::Deflate { level } => Box::new(DeflateStream::new(stream, level)),
    }
}
