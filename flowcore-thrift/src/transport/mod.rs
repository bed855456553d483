//! What lies between frames and sockets: reading frames.

mod frames;

pub(crate) use frames::{Frames, ReadError};

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection with whatever lies on it.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Io for S {}
