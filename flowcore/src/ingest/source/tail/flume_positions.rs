use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::TailError;
use super::position::{Check, Position};
use super::positions::{
    LARGEST, PositionFormat, SavedPosition, SavedPositions, UNKNOWN_DEVICE, load, lossy_path,
};
use crate::base::{Disk, FileIdentity};

/// Flume's own position file, so that either agent goes on where the other one was: an array of inode,
/// position and name, and nothing else, because Flume's reader fails on a member that it does not know. What
/// is known beyond is in a second file beside it, whose name ends in `.ext`; a position that Flume has moved
/// since is Flume's.
#[derive(Debug)]
pub(super) struct FlumeFormat;

/// What is in the second file. It is written first: until Flume's file has followed, that one is what it was,
/// and its positions may be of contents that are gone.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Beside<P> {
    #[serde(flatten)]
    positions: P,
    /// What Flume's file has until then.
    #[serde(default)]
    replaced: Vec<Entry>,
}

/// The members, in the order in which Flume writes them.
#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Entry {
    inode: u64,
    pos: u64,
    #[serde(with = "lossy_path")]
    file: PathBuf,
}

/// What could be read of a position file.
#[derive(Debug, Default)]
struct Read {
    entries: Vec<Entry>,
    /// Why it is not all.
    problem: Option<String>,
}

impl PositionFormat for FlumeFormat {
    fn load(&self, disk: &dyn Disk, path: &Path) -> Result<Option<SavedPositions>, TailError> {
        let bytes = match disk.read(path, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(TailError::Positions { path: path.to_path_buf(), cause }),
        };
        let read = Read::of(&bytes);
        let known = load(disk, &beside(path), |known: &Beside<SavedPositions>| &known.positions)
            .unwrap_or_else(|error| {
                tracing::warn!(path = %path.display(), %error, "what was known beside the positions is lost");
                None
            });
        let known = known.unwrap_or_default();
        if let Some(problem) = &read.problem {
            let (read, known) = (read.entries.len(), known.positions.files.len());
            tracing::warn!(path = %path.display(), problem, read, known, "the position file is damaged");
        }
        Ok(Some(read.join(known)))
    }

    fn save(&self, disk: &dyn Disk, path: &Path, positions: &SavedPositions) -> io::Result<()> {
        let replaced = disk.read(path, LARGEST).map(|bytes| Read::of(&bytes).entries).unwrap_or_default();
        disk.replace(&beside(path), &serde_json::to_vec_pretty(&Beside { positions, replaced })?)?;
        let entries = positions.files.iter().map(|saved| Entry {
            inode: saved.identity.inode,
            pos: saved.position.offset,
            file: saved.path.clone(),
        });
        disk.replace(path, &serde_json::to_vec(&entries.collect::<Vec<_>>())?)
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".ext");
    PathBuf::from(name)
}

impl Read {
    /// As far as it goes.
    fn of(bytes: &[u8]) -> Self {
        let mut read = Self::default();
        let text = bytes.trim_ascii_start();
        let Some(mut rest) = text.strip_prefix(b"[") else {
            let problem = if text.is_empty() { "it is empty" } else { "it does not begin with [" };
            return Self { problem: Some(problem.to_owned()), ..read };
        };
        loop {
            rest = rest.trim_ascii_start();
            if rest.first() == Some(&b']') {
                return read;
            }
            let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<serde_json::Value>();
            match values.next() {
                Some(Ok(value)) => read.add(value),
                Some(Err(error)) => {
                    read.problem = Some(format!("at byte {}: {error}", bytes.len() - rest.len()));
                    return read;
                }
                None => {
                    read.problem = Some("it is cut off".to_owned());
                    return read;
                }
            }
            rest = rest[values.byte_offset()..].trim_ascii_start();
            rest = rest.strip_prefix(b",").unwrap_or(rest);
        }
    }

    fn add(&mut self, value: serde_json::Value) {
        match serde_json::from_value(value) {
            Ok(entry) => self.entries.push(entry),
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    /// With what is known beside them. A damaged file has lost entries: those are taken from there. One that
    /// was to be replaced, and was not, is older than what is known. Of several for one file the last counts.
    fn join(self, known: Beside<SavedPositions>) -> SavedPositions {
        let Beside { positions, replaced } = known;
        let is_damaged = self.problem.is_some();
        let key = |inode: u64, path: &Path| (inode, lossy_path::text(path).into_owned());
        if !is_damaged && self.entries == replaced {
            let files = last_of_each(positions.files, |saved| key(saved.identity.inode, &saved.path));
            return SavedPositions::new(positions.generation, files);
        }
        let entries = last_of_each(self.entries, |entry| key(entry.inode, &entry.file));
        let beside = positions.files.into_iter();
        let beside = beside.map(|saved| (key(saved.identity.inode, &saved.path), saved));
        let mut beside: HashMap<_, SavedPosition> = beside.collect();
        let old: HashSet<Entry> = replaced.into_iter().collect();
        let mut join = |entry: Entry| match beside.remove(&key(entry.inode, &entry.file)) {
            Some(known) if old.contains(&entry) => known,
            known => join(known, entry),
        };
        let mut files: Vec<SavedPosition> = entries.into_iter().map(&mut join).collect();
        if is_damaged {
            files.extend(beside.into_values());
        }
        SavedPositions::new(positions.generation, files)
    }
}

fn last_of_each<T, K: Eq + Hash>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = HashSet::new();
    let mut last: Vec<T> = items.into_iter().rev().filter(|item| seen.insert(key(item))).collect();
    last.reverse();
    last
}

/// A position that Flume has moved is Flume's.
fn join(known: Option<SavedPosition>, entry: Entry) -> SavedPosition {
    let position = Position { offset: entry.pos, lines: 0, check: Check::default() };
    match known {
        Some(known) if known.position.offset == entry.pos => known,
        Some(known) => SavedPosition { position, ..known },
        None => {
            let identity = FileIdentity { device: UNKNOWN_DEVICE, inode: entry.inode };
            SavedPosition { path: entry.file, identity, generation: 0, position }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] =
        br#"[{"inode":7,"pos":12,"file":"/var/log/a.log"},{"inode":18446744073709551615,"pos":0,"file":"/b"}]"#;

    fn read(bytes: &[u8]) -> (Vec<(u64, u64, String)>, bool) {
        let read = Read::of(bytes);
        let entries = read.entries.iter();
        let entries = entries.map(|e| (e.inode, e.pos, e.file.to_string_lossy().into_owned()));
        (entries.collect(), read.problem.is_some())
    }

    #[test]
    fn a_file_that_is_cut_anywhere_gives_what_is_whole_and_says_that_it_is_damaged() {
        let whole = vec![(7, 12, "/var/log/a.log".to_owned()), (u64::MAX, 0, "/b".to_owned())];
        assert_eq!(read(TWO), (whole.clone(), false));
        let first = TWO.iter().position(|byte| *byte == b'}').unwrap() + 1;
        for cut in 0..TWO.len() {
            let count = usize::from(cut >= first) + usize::from(cut >= TWO.len() - 1);
            assert_eq!(read(&TWO[..cut]), (whole[..count].to_vec(), true), "{cut}");
        }
        assert_eq!(read(b" [ ] "), (vec![], false));
    }

    #[test]
    fn an_entry_that_lacks_a_value_or_has_a_wrong_one_is_passed_over() {
        let text =
            br#"[{"inode":7,"pos":12},{"inode":8,"pos":-1,"file":"/a"},{"inode":9,"pos":3,"file":"/c"}]"#;
        assert_eq!(read(text), (vec![(9, 3, "/c".to_owned())], true));
        assert_eq!(read(b"{}"), (vec![], true));
        assert_eq!(read(b"[null]"), (vec![], true));
    }

    #[test]
    fn a_position_that_flume_moved_is_flumes_and_one_that_it_left_keeps_its_check() {
        let known = |inode, offset| SavedPosition {
            path: PathBuf::from("/a"),
            identity: FileIdentity { device: 5, inode },
            generation: 3,
            position: Position { offset, lines: 2, check: Check::of(b"0123456789") },
        };
        let entry = |inode, pos| Entry { inode, pos, file: PathBuf::from("/a") };
        let joined = |problem: Option<&str>| {
            let read =
                Read { entries: vec![entry(1, 10), entry(2, 30)], problem: problem.map(str::to_owned) };
            let positions = SavedPositions::new(4, vec![known(1, 10), known(2, 20), known(3, 10)]);
            read.join(Beside { positions, replaced: vec![entry(2, 15)] })
        };
        let moved =
            SavedPosition { position: Position { offset: 30, ..Position::default() }, ..known(2, 30) };
        assert_eq!((joined(None).files, joined(None).generation), (vec![known(1, 10), moved], 4));
        assert_eq!(joined(Some("cut off")).files.last(), Some(&known(3, 10)));
    }

    #[test]
    fn of_several_entries_for_one_file_the_last_counts_as_with_flume() {
        let disk = crate::base::LocalDisk;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("positions.json");
        let two = |positions: [u64; 2]| {
            positions.map(|pos| Entry { inode: 8, pos, file: PathBuf::from("/b") }).into_iter().collect()
        };
        for positions in [[1, 0], [0, 1]] {
            let entries: Vec<Entry> = two(positions);
            std::fs::write(&path, serde_json::to_vec(&entries).unwrap()).unwrap();
            for _ in 0..3 {
                let saved = FlumeFormat.load(&disk, &path).unwrap().unwrap();
                let offsets: Vec<u64> = saved.files.iter().map(|saved| saved.position.offset).collect();
                assert_eq!(offsets, [positions[1]]);
                FlumeFormat.save(&disk, &path, &saved).unwrap();
            }
            std::fs::remove_file(beside(&path)).unwrap();
        }
    }

    #[test]
    fn a_position_that_was_not_replaced_any_more_is_not_one_that_flume_moved() {
        let known = |offset| SavedPosition {
            path: PathBuf::from("/a"),
            identity: FileIdentity { device: 5, inode: 1 },
            generation: 3,
            position: Position { offset, lines: 2, check: Check::of(b"0123456789") },
        };
        // The file was cut off: 40 is a place in a content that is gone.
        let old = || Entry { inode: 1, pos: 40, file: PathBuf::from("/a") };
        for problem in [None, Some("cut off".to_owned())] {
            let read = Read { entries: vec![old()], problem };
            let positions = SavedPositions::new(3, vec![known(0)]);
            assert_eq!(read.join(Beside { positions, replaced: vec![old()] }).files, [known(0)]);
        }
    }
}
