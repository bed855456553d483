//! Numbered lines: what was written, and what came out.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Files that a test appends to: `0.log`, `1.log`, …
pub(crate) struct Written {
    folder: PathBuf,
    /// Lines of each file.
    counts: Vec<u64>,
}

/// Lines that have arrived in a folder, read piece by piece.
pub(crate) struct Arrived {
    folder: PathBuf,
    read: HashMap<PathBuf, u64>,
    /// How often each came, by file and number.
    seen: Vec<Vec<u32>>,
    /// Beginnings of lines that a death cut short.
    torn: HashMap<PathBuf, Vec<u8>>,
}

impl Written {
    pub(crate) fn new(folder: PathBuf, files: usize) -> Self {
        fs::create_dir_all(&folder).unwrap();
        Self { folder, counts: vec![0; files] }
    }

    /// Appends to one of them.
    pub(crate) fn append(&mut self, file: usize, lines: u64) {
        let path = self.folder.join(format!("{file}.log"));
        let from = self.counts[file];
        let text: String = (from..from + lines).map(|number| line(file, number) + "\n").collect();
        OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
        self.counts[file] += lines;
    }

    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }

    pub(crate) fn path(&self, file: usize) -> PathBuf {
        self.folder.join(format!("{file}.log"))
    }
}

impl Arrived {
    pub(crate) fn new(folder: PathBuf, files: usize) -> Self {
        Self { folder, read: HashMap::new(), seen: vec![Vec::new(); files], torn: HashMap::new() }
    }

    /// Reads what has come since, and says how many different lines there are.
    pub(crate) fn look(&mut self) -> u64 {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        for path in entries.map(|entry| entry.unwrap().path()) {
            let at = self.read.entry(path.clone()).or_default();
            let mut bytes = Vec::new();
            let mut file = File::open(&path).unwrap();
            file.seek(SeekFrom::Start(*at)).unwrap();
            file.read_to_end(&mut bytes).unwrap();
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            *at += whole as u64;
            self.torn.insert(path, bytes.split_off(whole));
            for line in str::from_utf8(&bytes).unwrap().lines() {
                self.count(line);
            }
        }
        self.different()
    }

    pub(crate) fn count(&mut self, text: &str) {
        let (file, number) = numbers(text).unwrap_or_else(|| panic!("nobody wrote {text:?}"));
        assert_eq!(text, line(file, number), "a line was changed");
        let seen = &mut self.seen[file];
        let number = usize::try_from(number).unwrap();
        seen.resize(seen.len().max(number + 1), 0);
        seen[number] += 1;
    }

    pub(crate) fn different(&self) -> u64 {
        self.seen.iter().flatten().filter(|count| **count > 0).count() as u64
    }

    /// How many came again.
    pub(crate) fn duplicates(&self) -> u64 {
        self.seen.iter().flatten().map(|count| u64::from(count.saturating_sub(1))).sum()
    }

    pub(crate) fn has(&self, file: usize, number: u64) -> bool {
        self.seen[file].get(usize::try_from(number).unwrap()).is_some_and(|count| *count > 0)
    }

    /// All that was written came, and nothing else; what stands at the end of a file and is no line is the
    /// beginning of one.
    pub(crate) fn assert_complete(&self, written: &Written) {
        for (file, count) in written.counts().iter().enumerate() {
            let missing: Vec<u64> = (0..*count).filter(|number| !self.has(file, *number)).take(5).collect();
            assert!(missing.is_empty(), "{file}.log: lines {missing:?} and perhaps more are lost");
        }
        assert_eq!(self.different(), written.total(), "lines came that nobody wrote");
        for (path, torn) in &self.torn {
            let text = String::from_utf8_lossy(torn);
            let whole = "0:00000000:".len();
            let is_cut =
                text.len() < whole || numbers(&text).is_some_and(|(f, n)| line(f, n).starts_with(&*text));
            assert!(is_cut, "{} ends with {text:?}", path.display());
        }
    }
}

/// Where taildir has come to in each file.
pub(crate) fn positions(file: &Path) -> HashMap<PathBuf, u64> {
    let Ok(text) = fs::read_to_string(file) else { return HashMap::new() };
    let entries: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let position =
        |entry: &serde_json::Value| Some((PathBuf::from(entry["file"].as_str()?), entry["pos"].as_u64()?));
    entries.iter().map(|entry| position(entry).unwrap()).collect()
}

/// All have the same length.
pub(crate) fn line(file: usize, number: u64) -> String {
    format!("{file}:{number:08}:{:>60}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Of a line with its newline.
pub(crate) fn length() -> u64 {
    line(0, 0).len() as u64 + 1
}

fn numbers(text: &str) -> Option<(usize, u64)> {
    let (file, rest) = text.split_once(':')?;
    let (number, _) = rest.split_once(':')?;
    Some((file.parse().ok()?, number.parse().ok()?))
}
