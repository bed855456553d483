use std::io;

use bytes::{Bytes, BytesMut};
use flowcore::base::DiskFile;

/// The least that is read at once.
const CHUNK: usize = 256 * 1024;

/// A file that is read from front to back, for a deserializer.
#[derive(Debug)]
pub(crate) struct FileInput {
    file: Box<dyn DiskFile>,
    buffer: Bytes,
    /// Where `buffer` starts in the file.
    start: u64,
}

impl FileInput {
    pub(super) fn new(file: Box<dyn DiskFile>, position: u64) -> Self {
        Self { file, buffer: Bytes::new(), start: position }
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
        let mut larger = BytesMut::zeroed(old + CHUNK.max(old));
        larger[..old].copy_from_slice(&self.buffer);
        let read = loop {
            match self.file.read_at(self.start + old as u64, &mut larger[old..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        larger.truncate(old + read);
        self.buffer = larger.freeze();
        Ok(read > 0)
    }
}
