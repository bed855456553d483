use super::{Reader, WireError};

/// Goes through the blocks of a map or an array: how many entries come until the next count.
#[derive(Debug)]
pub(super) struct Blocks {
    left: usize,
    seen: usize,
    most: usize,
    beyond: WireError,
}

impl Blocks {
    /// Of up to `most` entries, or else the error `beyond`.
    pub(super) fn new(most: usize, beyond: WireError) -> Self {
        Self { left: 0, seen: 0, most, beyond }
    }

    /// Whether another entry comes: it is to be read next.
    pub(super) fn next(&mut self, reader: &mut Reader<'_>) -> Result<bool, WireError> {
        if self.left == 0 {
            self.left = count(reader)?;
            self.seen = self.seen.saturating_add(self.left);
            if self.seen > self.most {
                return Err(self.beyond);
            }
        }
        let is_there = self.left > 0;
        self.left = self.left.saturating_sub(1);
        Ok(is_there)
    }

    /// Entries that are known to come before the next count.
    pub(super) fn announced(&self) -> usize {
        self.left
    }
}

/// A negative count is followed by the size of its block, for those who want to skip it.
fn count(reader: &mut Reader<'_>) -> Result<usize, WireError> {
    let count = reader.long()?;
    if count < 0 {
        reader.size()?;
    }
    let entries = count.checked_abs().ok_or(WireError::Length(count))?;
    usize::try_from(entries).map_err(|_| WireError::Length(count))
}

/// A map to bytes: skipped, nobody here has a use for what it says.
pub(super) fn skip_map(reader: &mut Reader<'_>, most: usize) -> Result<(), WireError> {
    let mut blocks = Blocks::new(most, WireError::TooManyHeaders(most));
    while blocks.next(reader)? {
        reader.string()?;
        reader.bytes()?;
    }
    Ok(())
}

/// The same where null may stand instead.
pub(super) fn skip_optional_map(reader: &mut Reader<'_>, most: usize) -> Result<(), WireError> {
    if reader.is_some()? { skip_map(reader, most) } else { Ok(()) }
}
