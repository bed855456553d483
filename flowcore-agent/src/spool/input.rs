use std::io;

use bytes::Bytes;
use flowcore::base::DiskFile;
use flowcore::ingest::source::tail::ReadBuffers;

/// What is read at once, if nothing is long.
const CHUNK: usize = 64 * 1024;

/// A file that is read from front to back, for a deserializer.
#[derive(Debug)]
pub(crate) struct FileInput {
    file: Box<dyn DiskFile>,
    buffers: ReadBuffers,
    buffer: Bytes,
    /// Where `buffer` starts in the file.
    start: u64,
}

impl FileInput {
    pub(super) fn new(file: Box<dyn DiskFile>, position: u64) -> Self {
        Self { file, buffers: ReadBuffers::new(CHUNK), buffer: Bytes::new(), start: position }
    }

    /// What was read and not taken.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.buffer
    }

    /// Where `unread` starts in the file, in bytes.
    pub(crate) fn position(&self) -> u64 {
        self.start
    }

    /// Takes so many bytes of what is unread, or all of it if there is less. They are not copied.
    pub(crate) fn take(&mut self, count: usize) -> Bytes {
        let count = count.min(self.buffer.len());
        self.start += count as u64;
        self.buffer.split_to(count)
    }

    /// Goes to a position.
    pub(crate) fn seek(&mut self, position: u64) {
        self.buffer = Bytes::new();
        self.start = position;
    }

    /// Reads on behind what is unread. Returns false at the end of the file.
    ///
    /// # Errors
    /// As the system says.
    pub(crate) fn read_more(&mut self) -> io::Result<bool> {
        let old = self.buffer.len();
        self.buffers.begin();
        if old > CHUNK / 2 {
            self.buffers.grow(old.saturating_mul(2));
        }
        let into = self.buffers.current();
        into[..old].copy_from_slice(&self.buffer);
        let read = loop {
            match self.file.read_at(self.start + old as u64, &mut into[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        if read > 0 {
            self.buffer = self.take_in(old + read);
        }
        Ok(read > 0)
    }

    /// A buffer with little in it is not lent: its lines would keep all of it.
    fn take_in(&mut self, end: usize) -> Bytes {
        let into = self.buffers.current();
        if end < into.len() / 2 { Bytes::copy_from_slice(&into[..end]) } else { self.buffers.lend(end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flowcore::base::{Disk, LocalDisk};

    #[test]
    fn what_is_taken_in_pieces_of_any_size_is_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        std::fs::write(&path, &bytes).unwrap();
        for piece in [1_000, CHUNK / 2, CHUNK - 1, CHUNK, 3 * CHUNK + 1, 2_000_000] {
            let mut input = FileInput::new(LocalDisk.open(&path).unwrap(), 4);
            let mut taken: Vec<Bytes> = Vec::new();
            loop {
                while input.unread().len() < piece && input.read_more().unwrap() {}
                if input.unread().is_empty() {
                    break;
                }
                taken.push(input.take(piece));
            }
            assert!(taken.concat() == bytes[4..], "{piece}");
            assert_eq!(input.position(), bytes.len() as u64);
        }
    }
}
