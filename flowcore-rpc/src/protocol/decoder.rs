use std::error::Error;

use bytes::BytesMut;

/// Cuts a stream of bytes into frames, however it is split into reads.
///
/// It allocates for what has arrived, never for what a length claims.
pub trait Decoder: Send + 'static {
    /// One message, whole.
    type Frame: Send + Sync;
    /// Why the bytes are no frame: the connection is of no use any more.
    type Error: Error + Send + Sync + 'static;

    /// How many bytes a frame may have.
    fn frame_bytes(&self) -> usize;

    /// Where bytes that arrive are appended.
    fn input(&mut self) -> &mut BytesMut;

    /// Whether no frame has begun.
    fn is_between_frames(&self) -> bool;

    /// Bytes of frames that are not whole yet.
    fn held(&self) -> usize;

    /// How much room for what arrives next is worth having.
    fn worth_reserving(&self) -> usize;

    /// The next frame that is whole.
    ///
    /// # Errors
    /// When a limit is passed, as soon as the lengths say so.
    fn next_frame(&mut self) -> Result<Option<Self::Frame>, Self::Error>;
}
