use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// How many buffers that were lent are remembered: what a channel holds of them.
const REMEMBERED: usize = 1024;
/// How many of those that came home are kept. The memory of the others goes back.
const KEPT: usize = 512;
/// How many of them while there is nothing to read.
const KEPT_AT_REST: usize = 16;

/// Where files are read into, before it is known whether there is a line in it. A buffer with lines is lent
/// to them, and read into again when the last of them is gone: the memory stays warm, and nothing is copied.
///
/// ```
/// use flowcore::ingest::source::tail::ReadBuffers;
///
/// let mut buffers = ReadBuffers::new(8);
/// buffers.begin().copy_from_slice(b"one\ntwo\n");
/// let read = buffers.lend(8);
/// let line = read.slice(..3);
/// buffers.begin().fill(b' ');
/// assert_eq!(line, "one");
/// ```
#[derive(Debug)]
pub struct ReadBuffers {
    size: usize,
    current: BytesMut,
    lent: VecDeque<Bytes>,
    /// The last one that came home is the first one to go: the processor's cache still has it.
    home: Vec<BytesMut>,
}

impl ReadBuffers {
    /// Buffers of `size` bytes.
    pub fn new(size: usize) -> Self {
        Self { size, current: BytesMut::zeroed(size), lent: VecDeque::new(), home: Vec::new() }
    }

    /// What was read last, and where to read next.
    pub fn current(&mut self) -> &mut [u8] {
        &mut self.current
    }

    /// Makes the current buffer larger: a long line is in it. It is given up when the next read begins.
    pub fn grow(&mut self, size: usize) {
        self.current.resize(size, 0);
    }

    /// Where to read something new.
    pub fn begin(&mut self) -> &mut [u8] {
        if self.current.len() != self.size {
            self.current = self.come_home();
        }
        &mut self.current
    }

    /// The first `end` bytes of the current buffer, for good; another one is the current then.
    pub fn lend(&mut self, end: usize) -> Bytes {
        let next = self.come_home();
        let lent = std::mem::replace(&mut self.current, next).freeze();
        let read = lent.slice(..end.min(lent.len()));
        if lent.len() != self.size {
            // One that has grown goes with its line.
            return read;
        }
        if self.lent.len() == REMEMBERED {
            self.lent.pop_front();
        }
        self.lent.push_back(lent);
        read
    }

    /// A buffer to be read into elsewhere, and to come back as the [current](Self::put_current) one.
    pub(super) fn spare(&mut self) -> BytesMut {
        self.come_home()
    }

    /// In the place of the current one.
    pub(super) fn put_current(&mut self, buffer: BytesMut) {
        let unused = std::mem::replace(&mut self.current, buffer);
        if unused.len() == self.size && self.home.len() < KEPT {
            self.home.push(unused);
        }
    }

    /// There is nothing to read: gives back memory that only a backlog needed.
    pub fn rest(&mut self) {
        self.home.truncate(KEPT_AT_REST);
        self.home.shrink_to_fit();
    }

    /// A buffer of which nobody has a line any more, else a new one.
    fn come_home(&mut self) -> BytesMut {
        // Two for one: after a backlog more come home than go.
        for _ in 0..2 {
            if self.lent.front().is_some_and(Bytes::is_unique) {
                let buffer = self.lent.pop_front().and_then(|lent| lent.try_into_mut().ok());
                self.home.extend(buffer.filter(|_| self.home.len() < KEPT));
            }
        }
        self.home.pop().unwrap_or_else(|| BytesMut::zeroed(self.size))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

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
        let kept: Vec<Bytes> = (0..REMEMBERED + 100).map(|_| buffers.lend(4)).collect();
        assert_eq!(buffers.lent.len(), REMEMBERED);
        drop(kept);
        for _ in 0..2 * REMEMBERED {
            buffers.lend(4);
        }
        assert!(buffers.lent.len() <= 1, "{}", buffers.lent.len());
        assert!(buffers.home.len() <= KEPT, "{}", buffers.home.len());
        buffers.rest();
        assert_eq!(buffers.home.len(), KEPT_AT_REST);
    }

    #[test]
    fn the_buffer_that_came_home_last_is_read_into_first() {
        let mut buffers = ReadBuffers::new(4);
        let backlog: Vec<Bytes> = (0..10).map(|_| buffers.lend(4)).collect();
        drop(backlog);
        for _ in 0..10 {
            buffers.lend(4);
        }
        let places: HashSet<_> = (0..10).map(|_| buffers.lend(4).as_ptr()).collect();
        assert_eq!(places.len(), 2);
    }
}
