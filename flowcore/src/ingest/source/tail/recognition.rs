use std::path::Path;

use super::positions::SavedPosition;
use crate::base::FileIdentity;

/// What becomes of a file that has another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Renamed {
    /// It is the file that it was: its position holds.
    #[default]
    Continue,
    /// It is a new file: under a name that was asked for it is read from its start again.
    Restart,
}

/// What tells one file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Fingerprint {
    /// Device and inode, and the bytes before its position.
    #[default]
    Content,
    /// The inode alone. A file that was cut off is seen by its length only.
    Inode,
}

/// Whether a file that is there is one that was known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Recognition {
    pub(super) renamed: Renamed,
    pub(super) fingerprint: Fingerprint,
}

impl Recognition {
    pub(super) fn is_same(self, saved: &SavedPosition, identity: FileIdentity, path: &Path) -> bool {
        let named = saved.has_name(path);
        let is_same_file = match self.fingerprint {
            Fingerprint::Inode => saved.identity.inode == identity.inode,
            Fingerprint::Content => saved.is_of(identity, path),
        };
        is_same_file && (named || self.renamed == Renamed::Continue)
    }
}
