use std::path::Path;

use bytes::Bytes;

use crate::base::FileIdentity;

/// One line of a followed file, as [`TailSource::of`](super::TailSource::of) gives it to its function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// The bytes without the newline, as they are: they need not be UTF-8. A slice of what was read.
    pub body: Bytes,
    /// Which file.
    pub file: FileIdentity,
    /// Which content of it: another number after it was cut off, or when a file that is gone left it its
    /// identity. With a file of positions, `file`, `generation` and `offset` name a line for good.
    pub generation: u64,
    /// Which of the paths or patterns it was found by, counted from 0.
    pub pattern: usize,
    /// Its name when it was last looked at.
    pub path: &'a Path,
    /// Where the line starts, in bytes.
    pub offset: u64,
    /// Where the next line starts.
    pub end: u64,
    /// The line's number, from 1 at the start of the file.
    pub number: u64,
    /// The length of the whole line in bytes, when `body` is only its beginning.
    pub truncated: Option<u64>,
}

/// What becomes of a line that is longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LongLines {
    /// Its beginning is delivered, marked with its full length.
    #[default]
    Truncate,
    /// It is counted and not delivered.
    Skip,
    /// It is delivered as several lines.
    Split,
}
