//! Flume's position file, as the test reads it: every byte of it, or not at all.

use std::io;
use std::path::{Path, PathBuf};

use flowcore::base::Disk;
use flowcore_testkit::Random;

use super::world::POSITIONS;

#[derive(Debug, Default)]
pub(crate) struct Positions(pub(crate) Vec<(u64, u64, PathBuf)>);

impl Positions {
    /// What is saved; nothing where there is no file, or still the one that was torn. Another file that is not
    /// whole is a failure.
    pub(crate) fn read(disk: &dyn Disk, torn: Option<&[u8]>) -> Self {
        let bytes = match disk.read(Path::new(POSITIONS), u64::MAX) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::default(),
            bytes => bytes.unwrap(),
        };
        if torn == Some(&*bytes) {
            return Self::default();
        }
        let text = String::from_utf8(bytes).unwrap();
        let entries: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
        let entry = |entry: serde_json::Map<String, serde_json::Value>| {
            // Flume's reader fails on any other member.
            assert_eq!(entry.keys().collect::<Vec<_>>(), ["file", "inode", "pos"]);
            let number = |name: &str| entry[name].as_u64().unwrap();
            (number("inode"), number("pos"), PathBuf::from(entry["file"].as_str().unwrap()))
        };
        Self(entries.into_iter().map(entry).collect())
    }

    /// Whether a source that starts with it finds the file under this name.
    pub(crate) fn know(&self, inode: u64, path: &Path) -> bool {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        self.0.iter().any(|(of, _, known)| *of == inode && name(path).starts_with(&name(known)))
    }

    /// Leaves a part of the file, as Flume does when it dies while it writes: it writes in place.
    pub(crate) fn tear(disk: &dyn Disk, random: &mut Random) -> Option<Vec<u8>> {
        let path = Path::new(POSITIONS);
        let mut bytes = disk.read(path, u64::MAX).ok()?;
        bytes.truncate(random.index(bytes.len()));
        disk.replace(path, &bytes).unwrap();
        Some(bytes)
    }
}
