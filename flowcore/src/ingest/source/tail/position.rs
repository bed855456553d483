use std::io;

use serde::{Deserialize, Serialize};

use crate::base::DiskFile;

/// How many bytes before a position are checked.
pub(super) const CHECKED: usize = 64;

/// A place in a file, and what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// Bytes before it.
    pub(super) offset: u64,
    /// Lines before it.
    pub(super) lines: u64,
    /// The last bytes before it.
    pub(super) check: Check,
}

/// Tells whether a file still has the same bytes before a position: if not, it was cut off and written
/// again, or another file took its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Check {
    /// How many bytes: all there are, at most [`CHECKED`].
    length: u8,
    /// FNV-1a of them.
    hash: u64,
}

impl Check {
    /// Of the end of `bytes`.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let bytes = &bytes[bytes.len().saturating_sub(CHECKED)..];
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self {
            length: u8::try_from(bytes.len()).unwrap_or(u8::MAX),
            hash: if bytes.is_empty() { 0 } else { hash },
        }
    }

    pub(super) fn length(self) -> usize {
        usize::from(self.length)
    }
}

impl Position {
    /// Where the file ends now. Its lines are not counted.
    pub(super) fn end_of(file: &mut dyn DiskFile) -> io::Result<Self> {
        let size = file.size()?;
        let mut last = [0; CHECKED];
        let from = size.saturating_sub(CHECKED as u64);
        let end = file.fill_at(from, &mut last)?;
        Ok(Self { offset: from + end as u64, lines: 0, check: Check::of(&last[..end]) })
    }

    /// Whether it can have been written by us: a damaged file of positions must not make us read before a
    /// file's start.
    pub(super) fn is_sound(&self) -> bool {
        self.check.length() <= CHECKED && self.check.length() as u64 <= self.offset
    }
}
