use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// How many buffers that were lent are remembered: with a sink that keeps up, they come home before.
const REMEMBERED: usize = 16;

/// Where files are read into, before it is known whether there is a line in it. A buffer with lines is lent
/// to them, and read into again when the last of them is gone: the memory stays warm, and nothing is copied.
#[derive(Debug)]
pub(super) struct ReadBuffers {
    size: usize,
    current: BytesMut,
    lent: VecDeque<Bytes>,
}

impl ReadBuffers {
    pub(super) fn new(size: usize) -> Self {
        Self { size, current: BytesMut::zeroed(size), lent: VecDeque::new() }
    }

    /// What was read last, and where to read next.
    pub(super) fn current(&mut self) -> &mut [u8] {
        &mut self.current
    }

    /// The first `end` bytes of the current buffer, for good; another one is the current then.
    pub(super) fn lend(&mut self, end: usize) -> Bytes {
        let next = self.come_home();
        let lent = std::mem::replace(&mut self.current, next).freeze();
        let read = lent.slice(..end);
        if self.lent.len() == REMEMBERED {
            self.lent.pop_front();
        }
        self.lent.push_back(lent);
        read
    }

    /// The oldest buffer if nobody has a line of it, else a new one.
    fn come_home(&mut self) -> BytesMut {
        let home = self.lent.front().is_some_and(Bytes::is_unique).then(|| self.lent.pop_front());
        let buffer = home.flatten().and_then(|lent| lent.try_into_mut().ok());
        buffer.unwrap_or_else(|| BytesMut::zeroed(self.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_when_its_last_line_is_gone_and_not_before() {
        let mut buffers = ReadBuffers::new(4);
        buffers.current().copy_from_slice(b"abc\n");
        let place = buffers.current().as_ptr();
        let read = buffers.lend(4);
        buffers.current().copy_from_slice(b"def\n");
        let line = read.slice(..3);
        drop(read);
        let other = buffers.lend(3);
        assert_ne!(buffers.current().as_ptr(), place);
        assert_eq!((&line[..], &other[..]), (&b"abc"[..], &b"def"[..]));
        drop(line);
        buffers.lend(0);
        assert_eq!((buffers.current().as_ptr(), buffers.current().len()), (place, 4));
    }

    #[test]
    fn buffers_that_are_kept_for_long_are_forgotten() {
        let mut buffers = ReadBuffers::new(4);
        let kept: Vec<Bytes> = (0..100).map(|_| buffers.lend(4)).collect();
        assert_eq!((buffers.lent.len(), kept.len()), (REMEMBERED, 100));
    }
}
