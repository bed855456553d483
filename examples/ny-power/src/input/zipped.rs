use std::io::{self, Cursor, Read};
use std::path::Path;

use flowcore::base::Disk;
use zip::ZipArchive;
use zip::result::ZipError;

use super::piece::Next;
use crate::excerpt::file_name;

/// A zip has at most so many bytes. A month has 300 kB.
pub const MAX_ZIP_BYTES: u64 = 8 << 20;
/// It has at most so many members.
pub const MAX_MEMBERS: usize = 400;
/// A member has at most so many bytes, unpacked. A day has 90 kB.
pub const MAX_MEMBER_BYTES: u64 = 4 << 20;
/// All of them together.
pub const MAX_UNPACKED_BYTES: u64 = 64 << 20;
/// A member is at most so many times as large as what it is packed in. A day is 9 times as large.
pub const MAX_RATIO: u64 = 100;

/// Bytes of a member that are handed over at a time.
const PIECE: usize = 64 * 1024;

/// Why a zip, or a member of it, is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipRefusal {
    /// It is cut off or damaged, or packed in a way that is not known.
    #[error("it cannot be unpacked: {0}")]
    Broken(ZipError),
    /// It is larger than [`MAX_ZIP_BYTES`], or cannot be read.
    #[error("it cannot be read: {0}")]
    Read(io::Error),
    /// It has more than [`MAX_MEMBERS`].
    #[error("it has {0} members, more than {MAX_MEMBERS}")]
    TooMany(usize),
    /// None of them is a file of the operator.
    #[error("it has no .csv in it")]
    NoneInIt,
    /// A member is larger than [`MAX_MEMBER_BYTES`].
    #[error("it unpacks to more than {MAX_MEMBER_BYTES} bytes")]
    MemberTooLarge,
    /// All together are larger than [`MAX_UNPACKED_BYTES`]: the rest is left out.
    #[error(
        "the zip unpacks to more than {MAX_UNPACKED_BYTES} bytes: this member and all after it are left out"
    )]
    TooLarge,
    /// A member grows more than [`MAX_RATIO`] times.
    #[error("it unpacks to more than {MAX_RATIO} times its size")]
    Ratio,
}

/// One member of a zip in memory, unpacked; `None` if the zip has none of that name.
pub(crate) fn member(zip: Vec<u8>, name: &str) -> Result<Option<Vec<u8>>, ZipRefusal> {
    let mut zip = Zip::of(zip)?;
    let Some(index) = zip.members.iter().find(|(other, _)| other == name).map(|(_, index)| *index) else {
        return Ok(None);
    };
    zip.unpack(index)?;
    Ok(Some(zip.unpacked))
}

/// A zip, member by member. Each is unpacked whole before any of it is read, so that one that is damaged is
/// refused whole.
#[derive(Debug)]
pub(super) struct Zip {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    /// By name, the last first.
    members: Vec<(String, usize)>,
    /// What may still be unpacked.
    left: u64,
    state: State,
    unpacked: Vec<u8>,
    /// How much of it was handed over.
    at: usize,
}

#[derive(Debug)]
enum State {
    Between,
    Unpacked,
    Failed(ZipRefusal),
}

impl Zip {
    pub(super) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, ZipRefusal> {
        Self::of(disk.read(path, MAX_ZIP_BYTES).map_err(ZipRefusal::Read)?)
    }

    fn of(bytes: Vec<u8>) -> Result<Self, ZipRefusal> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(ZipRefusal::Broken)?;
        if archive.len() > MAX_MEMBERS {
            return Err(ZipRefusal::TooMany(archive.len()));
        }
        let members = by_name(&archive);
        if members.is_empty() {
            return Err(ZipRefusal::NoneInIt);
        }
        let left = MAX_UNPACKED_BYTES;
        Ok(Self { archive, members, left, state: State::Between, unpacked: Vec::new(), at: 0 })
    }

    pub(super) fn next(&mut self) -> Next<'_> {
        match std::mem::replace(&mut self.state, State::Between) {
            State::Between => self.begin(),
            State::Failed(why) => Next::Failed(why.to_string()),
            State::Unpacked => {
                let from = self.at;
                self.at = self.unpacked.len().min(from + PIECE);
                match self.unpacked.get(from..self.at) {
                    Some(piece) if !piece.is_empty() => {
                        self.state = State::Unpacked;
                        Next::Bytes(piece)
                    }
                    _ => Next::End,
                }
            }
        }
    }

    fn begin(&mut self) -> Next<'_> {
        let Some((name, index)) = self.members.pop() else { return Next::Nothing };
        self.at = 0;
        self.state = match self.unpack(index) {
            Ok(()) => State::Unpacked,
            Err(why) => {
                if matches!(why, ZipRefusal::TooLarge) {
                    self.members.clear();
                }
                State::Failed(why)
            }
        };
        Next::Begin(name)
    }

    /// The sizes that the zip says are not believed.
    fn unpack(&mut self, index: usize) -> Result<(), ZipRefusal> {
        self.unpacked.clear();
        let member = self.archive.by_index(index).map_err(ZipRefusal::Broken)?;
        let packed = member.compressed_size();
        let limit = MAX_MEMBER_BYTES.min(self.left);
        let read = member.take(limit + 1).read_to_end(&mut self.unpacked);
        let size = self.unpacked.len() as u64;
        self.left = self.left.saturating_sub(size);
        if size > limit {
            return Err(if limit < MAX_MEMBER_BYTES {
                ZipRefusal::TooLarge
            } else {
                ZipRefusal::MemberTooLarge
            });
        }
        read.map_err(|error| ZipRefusal::Broken(error.into()))?;
        if size > packed.saturating_mul(MAX_RATIO) { Err(ZipRefusal::Ratio) } else { Ok(()) }
    }
}

fn by_name(archive: &ZipArchive<Cursor<Vec<u8>>>) -> Vec<(String, usize)> {
    let is_csv = |name: &[u8]| name.to_ascii_lowercase().ends_with(b".csv");
    let name = |index| archive.by_index_data(index).map(|entry| entry.name_raw().to_vec());
    let names = (0..archive.len()).filter_map(|index| Some((name(index).ok()?, index)));
    let mut members: Vec<_> = names.filter(|(name, _)| is_csv(name)).collect();
    members.sort_unstable_by(|one, other| other.cmp(one));
    members.into_iter().map(|(name, index)| (file_name(&name), index)).collect()
}
