use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowcore::base::{Disk, DiskFile};

/// The name of the tracker's file.
const NAME: &str = ".flumespool-main.meta";
/// The record that Flume keeps there.
const SCHEMA: &str = r#"{"type":"record","name":"TransferStateFileMeta","namespace":"org.apache.flume.serialization","fields":[{"name":"offset","type":"long"}]}"#;
/// A larger file is written anew, and one beyond the second is none of ours or Flume's.
const LARGEST: u64 = 256 << 10;
const UNREADABLE: u64 = 256 << 20;

/// Flume's file of how far the file at hand is done: an Avro container whose last record counts. Its own
/// member `file` says which file that is.
#[derive(Debug)]
pub(super) struct Tracker {
    path: PathBuf,
    disk: Arc<dyn Disk>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    target: PathBuf,
    file: Box<dyn DiskFile>,
    size: u64,
}

/// What a tracker's file says.
#[derive(Debug, PartialEq, Eq)]
struct Tracked {
    target: Vec<u8>,
    offset: u64,
}

impl Tracker {
    pub(super) fn new(folder: &Path, disk: Arc<dyn Disk>) -> Self {
        Self { path: folder.join(NAME), disk, open: None }
    }

    /// The file that it is about.
    pub(super) fn target(&self) -> io::Result<Option<PathBuf>> {
        Ok(self.read()?.and_then(|tracked| String::from_utf8(tracked.target).ok()).map(PathBuf::from))
    }

    /// Where to go on in the file at `target`; 0 if the tracker's file is about another one, or damaged.
    pub(super) fn position_in(&self, target: &Path) -> io::Result<u64> {
        let tracked = self.read()?.filter(|tracked| tracked.target == target.as_os_str().as_encoded_bytes());
        Ok(tracked.map_or(0, |tracked| tracked.offset))
    }

    fn read(&self) -> io::Result<Option<Tracked>> {
        let bytes = match self.disk.read(&self.path, UNREADABLE) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let tracked = Tracked::read(&bytes);
        if tracked.is_none() && !bytes.is_empty() {
            tracing::warn!(path = %self.path.display(), "the tracker's file is damaged: its file is read from its start");
        }
        Ok(tracked)
    }

    /// Notes that all before `offset` is delivered.
    pub(super) fn store(&mut self, target: &Path, offset: u64) -> io::Result<()> {
        if let Some(open) = &mut self.open
            && open.target == target
            && open.size < LARGEST
        {
            // One write: half of it is not read.
            let block = block(offset);
            open.file.write(&block)?;
            open.size += block.len() as u64;
            return Ok(());
        }
        self.open = None;
        let mut bytes = header(target);
        bytes.extend(block(offset));
        self.disk.replace(&self.path, &bytes)?;
        let file = self.disk.append(&self.path)?;
        self.open = Some(Open { target: target.to_path_buf(), file, size: bytes.len() as u64 });
        Ok(())
    }

    /// The file at hand is done.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.open = None;
        match self.disk.remove(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

const MAGIC: &[u8] = b"Obj\x01";
/// Between blocks: any bytes, the same ones throughout a file.
const SYNC: &[u8; 16] = b"flowcore-tracker";

fn header(target: &Path) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let members: [(&str, &[u8]); 2] =
        [("avro.schema", SCHEMA.as_bytes()), ("file", target.as_os_str().as_encoded_bytes())];
    put_long(&mut bytes, 2);
    for (name, value) in members {
        put_bytes(&mut bytes, name.as_bytes());
        put_bytes(&mut bytes, value);
    }
    put_long(&mut bytes, 0);
    bytes.extend(SYNC);
    bytes
}

fn block(offset: u64) -> Vec<u8> {
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

impl Tracked {
    /// `None` for what is no tracker's file. A block that is cut off is not there.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.raw(MAGIC.len())? != MAGIC {
            return None;
        }
        let target = target(&mut reader)?;
        let sync = reader.raw(SYNC.len())?;
        let mut offset = 0;
        while let Some(last) = last_of_block(&mut reader, sync) {
            offset = last;
        }
        Some(Self { target, offset })
    }
}

/// The members of the header; `None` if its codec is one, or there is no file.
fn target(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
    let mut target = None;
    loop {
        let count = reader.long()?;
        if count == 0 {
            return target;
        }
        if count < 0 {
            reader.long()?;
        }
        for _ in 0..count.unsigned_abs() {
            match (reader.bytes()?, reader.bytes()?) {
                (b"file", value) => target = Some(value.to_vec()),
                (b"avro.codec", codec) if codec != b"null" => return None,
                _ => {}
            }
        }
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

    fn tracked(offsets: &[u64]) -> Vec<u8> {
        let blocks = offsets.iter().flat_map(|offset| block(*offset));
        header(Path::new("/spool/a")).into_iter().chain(blocks).collect()
    }

    #[test]
    fn the_last_whole_record_counts_wherever_the_file_is_cut() {
        let offsets = [0, 63, 64, 1_000_000, u64::from(u32::MAX) * 9];
        let whole = tracked(&offsets);
        for cut in 0..=whole.len() {
            let complete = (0..=offsets.len()).rev().find(|count| tracked(&offsets[..*count]).len() <= cut);
            let expected = complete.map(|count| Tracked {
                target: b"/spool/a".to_vec(),
                offset: count.checked_sub(1).map_or(0, |last| offsets[last]),
            });
            assert_eq!(Tracked::read(&whole[..cut]), expected, "{cut}");
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_without_a_panic() {
        let whole = tracked(&[5, 6]);
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
