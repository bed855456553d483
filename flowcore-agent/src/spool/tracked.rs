//! The bytes of Flume's tracker file: an Avro container whose last record is the offset. The member `file` of its
//! header says of which file. Beside it stand members of our own, which Flume does not read: which content the
//! file had, so that another one under the same name is not taken for it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::mark::FileMark;

/// The record that Flume keeps there.
const SCHEMA: &str = r#"{"type":"record","name":"TransferStateFileMeta","namespace":"org.apache.flume.serialization","fields":[{"name":"offset","type":"long"}]}"#;
const MAGIC: &[u8] = b"Obj\x01";
/// Between blocks: any bytes, the same ones throughout a file.
const SYNC: &[u8; 16] = b"flowcore-tracker";
const FILE: &str = "file";
const INODE: &str = "flowcore.inode";
const HEAD: &str = "flowcore.head";

/// Up to where a file is delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) position: u64,
    /// Of which content; not known when a Flume has written it.
    pub(super) mark: Option<FileMark>,
}

/// What a tracker's file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tracked {
    /// The bytes of a path.
    target: Vec<u8>,
    pub(super) saved: Saved,
}

impl Tracked {
    /// `None` for what is no tracker's file. A block that is cut off is not there.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.raw(MAGIC.len())? != MAGIC {
            return None;
        }
        let Members { target, inode, head } = Members::read(&mut reader)?;
        let sync = reader.raw(SYNC.len())?;
        let mut position = 0;
        while let Some(last) = last_of_block(&mut reader, sync) {
            position = last;
        }
        let mark = inode.map(|inode| FileMark { inode, head: head.to_vec() });
        Some(Self { target: target?.to_vec(), saved: Saved { position, mark } })
    }

    /// The file that it is about.
    #[cfg(unix)]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere not all bytes are a path")]
    pub(super) fn path(&self) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStrExt;
        Some(PathBuf::from(OsStr::from_bytes(&self.target)))
    }

    /// Elsewhere names are text.
    #[cfg(not(unix))]
    pub(super) fn path(&self) -> Option<PathBuf> {
        std::str::from_utf8(&self.target).ok().map(|name| PathBuf::from(OsStr::new(name)))
    }
}

/// A file that says nothing yet of the file at `target`.
pub(super) fn header(target: &Path, mark: Option<&FileMark>) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let inode = mark.map(|mark| mark.inode.to_string()).unwrap_or_default();
    let members: [(&str, &[u8]); 4] = [
        ("avro.schema", SCHEMA.as_bytes()),
        (FILE, target.as_os_str().as_encoded_bytes()),
        (INODE, inode.as_bytes()),
        (HEAD, mark.map_or(&[], |mark| &mark.head)),
    ];
    put_long(&mut bytes, 4);
    for (name, value) in members {
        put_bytes(&mut bytes, name.as_bytes());
        put_bytes(&mut bytes, value);
    }
    put_long(&mut bytes, 0);
    bytes.extend(SYNC);
    bytes
}

/// What is appended when all before `offset` is delivered.
pub(super) fn block(offset: u64) -> Vec<u8> {
    let mut record = Vec::with_capacity(10);
    put_long(&mut record, i64::try_from(offset).unwrap_or(i64::MAX));
    let mut bytes = Vec::with_capacity(32);
    put_long(&mut bytes, 1);
    put_bytes(&mut bytes, &record);
    bytes.extend(SYNC);
    bytes
}

fn put_bytes(into: &mut Vec<u8>, bytes: &[u8]) {
    put_long(into, i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    into.extend(bytes);
}

/// Zigzag, seven bits a byte.
fn put_long(into: &mut Vec<u8>, number: i64) {
    let mut rest = (number << 1 ^ number >> 63).cast_unsigned();
    while rest >= 0x80 {
        into.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    into.push(rest.to_le_bytes()[0]);
}

/// Reads from the front of what is left.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn long(&mut self) -> Option<i64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
            }
        }
        None
    }

    fn raw(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = usize::try_from(self.long()?).ok()?;
        self.raw(count)
    }
}

/// The members of the header that mean something here.
#[derive(Default)]
struct Members<'a> {
    target: Option<&'a [u8]>,
    inode: Option<u64>,
    head: &'a [u8],
}

impl<'a> Members<'a> {
    /// `None` if there is a codec.
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let mut members = Self::default();
        loop {
            let count = reader.long()?;
            if count == 0 {
                return Some(members);
            }
            if count < 0 {
                // Its length in bytes, for who skips it.
                reader.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                members.note(reader.bytes()?, reader.bytes()?)?;
            }
        }
    }

    fn note(&mut self, name: &[u8], value: &'a [u8]) -> Option<()> {
        match str::from_utf8(name).unwrap_or("") {
            FILE => self.target = Some(value),
            INODE => self.inode = str::from_utf8(value).ok()?.parse().ok(),
            HEAD => self.head = value,
            "avro.codec" if value != b"null" => return None,
            _ => {}
        }
        Some(())
    }
}

fn last_of_block(reader: &mut Reader<'_>, sync: &[u8]) -> Option<u64> {
    let count = reader.long()?;
    let mut records = Reader(reader.bytes()?);
    if reader.raw(sync.len())? != sync {
        return None;
    }
    let mut last = None;
    for _ in 0..count {
        last = Some(records.long()?);
    }
    last.and_then(|offset| u64::try_from(offset).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> FileMark {
        FileMark { inode: 77, head: b"first\nlines".to_vec() }
    }

    fn written(offsets: &[u64]) -> Vec<u8> {
        let blocks = offsets.iter().flat_map(|offset| block(*offset));
        header(Path::new("/spool/a"), Some(&mark())).into_iter().chain(blocks).collect()
    }

    #[test]
    fn the_last_whole_record_counts_wherever_the_file_is_cut() {
        let offsets = [0, 63, 64, 1_000_000, u64::from(u32::MAX) * 9];
        let whole = written(&offsets);
        for cut in 0..=whole.len() {
            let complete = (0..=offsets.len()).rev().find(|count| written(&offsets[..*count]).len() <= cut);
            let expected = complete.map(|count| {
                let position = count.checked_sub(1).map_or(0, |last| offsets[last]);
                (PathBuf::from("/spool/a"), Saved { position, mark: Some(mark()) })
            });
            let read = Tracked::read(&whole[..cut]);
            assert_eq!(read.map(|read| (read.path().unwrap(), read.saved)), expected, "{cut}");
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_without_a_panic() {
        let whole = written(&[5, 6]);
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                if let Some(tracked) = Tracked::read(&bytes) {
                    assert!(tracked.target.len() < whole.len());
                }
            }
        }
    }
}
