use std::io;

use memchr::memchr;

use super::read_ahead::ReadAhead;
use super::read_buffers::ReadBuffers;
use crate::base::DiskFile;

/// What is shared by the files that are read in turn.
#[derive(Debug)]
pub(super) struct Reads {
    pub(super) buffers: ReadBuffers,
    ahead: ReadAhead,
}

/// Where the lines of one file come from.
pub(super) struct Input<'a> {
    /// The file's number among those that are followed.
    pub(super) id: u64,
    pub(super) file: &'a mut dyn DiskFile,
    pub(super) reads: &'a mut Reads,
}

impl Reads {
    /// With buffers of `size` bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { buffers: ReadBuffers::new(size), ahead: ReadAhead::default() }
    }
}

impl Input<'_> {
    /// Reads into the current buffer from `from` on, or from a little before, past `least` bytes if there are
    /// so many. Returns how many bytes the buffer has before `from`, and how many in all.
    pub(super) fn read(&mut self, from: u64, least: usize) -> io::Result<(usize, usize)> {
        let Reads { buffers, ahead } = &mut *self.reads;
        if let Some((before, block)) = ahead.take(self.id, (from, least), self.file, buffers) {
            buffers.put_current(block.buffer);
            return Ok((before, block.end));
        }
        let buffer = buffers.begin();
        let end = read_past(self.file, from, least, buffer)?;
        let is_full = end == buffer.len();
        ahead.note(self.id, (from, is_full), self.file, buffers);
        Ok((0, end))
    }

    /// Reads on, in a larger buffer, until there is a newline or as many bytes as a line may have. The current
    /// buffer starts at `from` and has `end` bytes, of which those after `searched` may have a newline.
    pub(super) fn read_line(
        &mut self,
        from: u64,
        (mut searched, mut end): (usize, usize),
        most: usize,
    ) -> io::Result<usize> {
        let buffers = &mut self.reads.buffers;
        loop {
            let buffer = buffers.current();
            let is_full = end == buffer.len() && end < most;
            if !is_full || memchr(b'\n', &buffer[searched..end]).is_some() {
                return Ok(end);
            }
            searched = end;
            buffers.grow(most.min(end.saturating_mul(4)));
            end += read_past(self.file, from + end as u64, 0, &mut buffers.current()[end..])?;
        }
    }
}

/// One read, repeated only while it does not reach past `least`.
fn read_past(file: &mut dyn DiskFile, from: u64, least: usize, into: &mut [u8]) -> io::Result<usize> {
    let mut end = 0;
    while end <= least {
        match file.read_at(from + end as u64, &mut into[end..]) {
            Ok(0) => break,
            Ok(read) => end += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::base::FileIdentity;

    const SIZE: usize = 1000;

    /// Endless; counts the bytes that are read by other handles than the first one.
    #[derive(Debug, Default)]
    struct Zeros {
        elsewhere: Arc<AtomicU64>,
        is_other: bool,
        panics: bool,
    }

    impl DiskFile for Zeros {
        fn read_at(&mut self, _offset: u64, into: &mut [u8]) -> io::Result<usize> {
            if self.is_other {
                self.elsewhere.fetch_add(into.len() as u64, Ordering::Relaxed);
            }
            assert!(!(self.is_other && self.panics), "as told");
            into.fill(0);
            Ok(into.len())
        }

        fn another(&self) -> Option<Box<dyn DiskFile>> {
            let elsewhere = Arc::clone(&self.elsewhere);
            Some(Box::new(Self { elsewhere, is_other: true, panics: self.panics }))
        }

        fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn sync(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }

        fn size(&self) -> io::Result<u64> {
            Ok(u64::MAX)
        }

        fn identity(&self) -> io::Result<FileIdentity> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    /// Reads buffer after buffer, each from `again` bytes before the end of the one before, until `enough`.
    fn read(file: &mut Zeros, again: usize, enough: impl Fn(u64) -> bool) {
        let elsewhere = Arc::clone(&file.elsewhere);
        let mut reads = Reads::new(SIZE);
        let mut from = 0;
        for _ in 0..1_000_000 {
            let mut input = Input { id: 1, file, reads: &mut reads };
            let (before, end) = input.read(from, 0).unwrap();
            from += (end - before - again) as u64;
            if enough(elsewhere.load(Ordering::Relaxed)) {
                return;
            }
            std::thread::yield_now();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_file_with_much_to_read_is_read_on_another_thread_too() {
        let mut file = Zeros::default();
        read(&mut file, 10, |elsewhere| elsewhere > 0);
        assert!(file.elsewhere.load(Ordering::Relaxed) >= SIZE as u64);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn nothing_is_read_ahead_where_much_would_be_read_twice() {
        let mut file = Zeros::default();
        let reads = std::cell::Cell::new(0);
        read(&mut file, SIZE / 4, |_| reads.replace(reads.get() + 1) > 10_000);
        assert_eq!(file.elsewhere.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn nothing_is_read_ahead_in_a_runtime_of_one_thread() {
        let mut file = Zeros::default();
        let reads = std::cell::Cell::new(0);
        read(&mut file, 10, |_| reads.replace(reads.get() + 1) > 10_000);
        assert_eq!(file.elsewhere.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_file_that_panics_on_the_other_thread_is_read_on_this_one() {
        let mut file = Zeros { panics: true, ..Zeros::default() };
        let reads_after = std::cell::Cell::new(0);
        read(&mut file, 10, |elsewhere| elsewhere > 0 && reads_after.replace(reads_after.get() + 1) > 10_000);
        assert!(reads_after.get() > 10_000);
    }
}
