use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of compressed input and output that are held at most, about.
const CHUNK: usize = 16 << 10;
/// A peer that makes this much of what it sends means harm. Looked at once for each so many bytes.
const LARGEST_RATIO: u64 = 1000;
const LOOKED_AT: u64 = 1 << 20;

/// A zlib stream in each direction on top of another stream. A flush makes all that was written readable
/// for the peer.
pub(super) struct DeflateStream<S> {
    inner: S,
    inflate: Decompress,
    input: BytesMut,
    looked_at: (u64, u64),
    /// Whether the peer has ended its stream: what comes behind it means nothing.
    has_ended: bool,
    deflate: Compress,
    output: BytesMut,
    /// Whether something was written after the last flush.
    is_open: bool,
}

impl<S> DeflateStream<S> {
    pub(super) fn new(inner: S, level: u8) -> Self {
        let level = flate2::Compression::new(u32::from(level.min(9)));
        Self {
            inner,
            inflate: Decompress::new(true),
            input: BytesMut::new(),
            looked_at: (0, 0),
            has_ended: false,
            deflate: Compress::new(level, true),
            output: BytesMut::new(),
            is_open: false,
        }
    }

    /// Inflates what is there into `into`. Whether anything came of it.
    fn inflate(&mut self, into: &mut ReadBuf<'_>) -> io::Result<bool> {
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let status =
            self.inflate.decompress(&self.input, into.initialize_unfilled(), FlushDecompress::None)?;
        self.input.advance(within(self.inflate.total_in() - read));
        let new = within(self.inflate.total_out() - written);
        self.check_ratio()?;
        into.advance(new);
        self.has_ended = status == Status::StreamEnd;
        Ok(new > 0)
    }

    fn check_ratio(&mut self) -> io::Result<()> {
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        if written - self.looked_at.1 < LOOKED_AT {
            return Ok(());
        }
        if written - self.looked_at.1 > (read - self.looked_at.0).saturating_mul(LARGEST_RATIO) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the input is compressed beyond all reason",
            ));
        }
        self.looked_at = (read, written);
        Ok(())
    }

    /// Compresses part of `bytes` into the output, and says how much.
    fn deflate(&mut self, bytes: &[u8], flush: FlushCompress) -> io::Result<usize> {
        let (read, written) = (self.deflate.total_in(), self.deflate.total_out());
        let start = self.output.len();
        self.output.resize(start + CHUNK, 0);
        let result = self.deflate.compress(bytes, &mut self.output[start..], flush);
        self.output.truncate(start + within(self.deflate.total_out() - written));
        result?;
        Ok(within(self.deflate.total_in() - read))
    }
}

/// A difference within one buffer.
fn within(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl<S: AsyncWrite + Unpin> DeflateStream<S> {
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.output))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the block that is open: nothing is kept back.
    fn poll_finish(&mut self, cx: &mut Context<'_>, flush: FlushCompress) -> Poll<io::Result<()>> {
        while self.is_open {
            ready!(self.poll_drain(cx))?;
            self.deflate(&[], flush)?;
            // Room that was left says that there is no more.
            self.is_open = self.output.len() == CHUNK;
        }
        self.poll_drain(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for DeflateStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if into.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            // Without input too: the last may have made more than there was room for.
            if this.inflate(into)? {
                return Poll::Ready(Ok(()));
            }
            if this.has_ended {
                return Poll::Ready(Ok(()));
            }
            let before = this.input.len();
            this.input.resize(before + CHUNK, 0);
            let mut more = ReadBuf::new(&mut this.input[before..]);
            let polled = Pin::new(&mut this.inner).poll_read(cx, &mut more);
            let new = more.filled().len();
            this.input.truncate(before + new);
            ready!(polled)?;
            if new == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for DeflateStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        loop {
            ready!(this.poll_drain(cx))?;
            let taken = this.deflate(bytes, FlushCompress::None)?;
            this.is_open = true;
            if taken > 0 || bytes.is_empty() {
                return Poll::Ready(Ok(taken));
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_finish(cx, FlushCompress::Sync))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_finish(cx, FlushCompress::Sync))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use flowcore_testkit::Random;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn what_was_flushed_is_readable_before_more_is_written() {
        let (near, far) = duplex(100);
        let (mut near, mut far) = (DeflateStream::new(near, 6), DeflateStream::new(far, 0));
        for text in [&b"one"[..], b"two", b"three"] {
            near.write_all(text).await.unwrap();
            near.flush().await.unwrap();
            let mut read = vec![0; text.len()];
            far.read_exact(&mut read).await.unwrap();
            assert_eq!(read, text);
        }
    }

    #[tokio::test]
    async fn much_comes_through_a_narrow_way_at_every_level() {
        let seed = 11;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let sent: Vec<u8> =
            (0..60_000).map(|at| if at % 3 == 0 { 7 } else { random.next_u64().to_le_bytes()[0] }).collect();
        for level in [0, 1, 6, 9, 200] {
            let (near, far) = duplex(777);
            let (mut near, mut far) = (DeflateStream::new(near, level), DeflateStream::new(far, 6));
            let mut read = Vec::new();
            let write = async {
                for part in sent.chunks(20_001) {
                    near.write_all(part).await.unwrap();
                    near.flush().await.unwrap();
                }
                near.shutdown().await.unwrap();
                drop(near);
            };
            tokio::join!(write, async { far.read_to_end(&mut read).await.unwrap() });
            assert_eq!(read.len(), sent.len());
            assert!(read == sent, "level {level}");
        }
    }

    #[tokio::test]
    async fn input_that_swells_beyond_reason_is_refused() {
        let mut bomb = Vec::new();
        let mut compress = Compress::new(flate2::Compression::best(), true);
        bomb.resize(1 << 20, 0);
        compress.compress(&vec![0; 8 << 20], &mut bomb, FlushCompress::Finish).unwrap();
        bomb.truncate(within(compress.total_out()));
        let mut stream = DeflateStream::new(std::io::Cursor::new(bomb), 6);
        let mut read = Vec::new();
        let error = stream.read_to_end(&mut read).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(read.len() < 4 << 20, "{}", read.len());
    }

    #[tokio::test]
    async fn what_is_not_compressed_is_refused() {
        let mut stream = DeflateStream::new(std::io::Cursor::new(b"\0\0\0\x01\0\0\0\x01".to_vec()), 6);
        assert!(stream.read_u8().await.is_err());
    }
}
