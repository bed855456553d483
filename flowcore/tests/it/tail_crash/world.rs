//! What was written, under which names, and which of it must be delivered.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowcore::base::{Disk, FileIdentity};
use flowcore_testkit::{CrashDisk, Random};

use crate::memory_disk::MemoryDisk;

pub(crate) const LOGS: &str = "/logs";
pub(crate) const POSITIONS: &str = "/state/position.json";
pub(crate) const NAMES: usize = 2;
const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";

/// The disk beneath: it survives a source.
#[derive(Debug, Clone)]
pub(crate) enum Platter {
    /// Gives identities of removed files to new ones.
    Memory(Arc<MemoryDisk>),
    /// Can lose what was not synced.
    Crash(CrashDisk),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    /// Under another name.
    Renamed,
    Gone,
}

#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    identity: FileIdentity,
    /// Its lines, by number, with the place after each.
    lines: Vec<(usize, u64)>,
    size: u64,
    state: State,
    /// Its content is not what it was: a saved position may be of the old one.
    was_cut: bool,
}

#[derive(Debug)]
struct Line {
    text: String,
    delivered: u32,
    /// Nobody could read it.
    excused: bool,
}

/// The writers of logs, who do not wait for anybody.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) platter: Platter,
    files: Vec<File>,
    lines: Vec<Line>,
    numbers: HashMap<String, usize>,
    live: [Option<usize>; NAMES],
    /// Renamed files have names that are followed.
    pub(crate) follows_renamed: bool,
    /// Bytes that nobody wrote may stand in a file.
    is_damaged: bool,
}

impl Platter {
    pub(crate) fn disk(&self) -> Arc<dyn Disk> {
        match self {
            Self::Memory(disk) => Arc::clone(disk) as _,
            Self::Crash(disk) => Arc::new(disk.clone()),
        }
    }

    fn empty(&self, path: &Path) {
        match self {
            Self::Memory(disk) => disk.truncate(path),
            Self::Crash(disk) => disk.damage(path, Vec::clear),
        }
    }
}

impl World {
    pub(crate) fn new(platter: Platter, follows_renamed: bool) -> Self {
        let (files, lines, numbers) = (Vec::new(), Vec::new(), HashMap::new());
        Self { platter, files, lines, numbers, live: [None; NAMES], follows_renamed, is_damaged: false }
    }

    /// Appends to the file that has the name now; makes it if there is none.
    pub(crate) fn append(&mut self, name: usize, random: &mut Random) {
        let text = self.new_line(random);
        let file = self.live(name, random);
        self.write_line(file, &text, random);
    }

    /// The beginning of a line; what is returned is its rest.
    pub(crate) fn begin(&mut self, name: usize, random: &mut Random) -> (usize, String, usize) {
        let text = self.new_line(random);
        let file = self.live(name, random);
        let cut = random.index(text.len());
        self.write(file, &text.as_bytes()[..cut], random);
        (file, text, cut)
    }

    pub(crate) fn finish(&mut self, (file, text, cut): (usize, String, usize), random: &mut Random) {
        if self.files[file].state == State::Live {
            let from = self.files[file].size - cut as u64;
            self.write(file, &text.as_bytes()[cut..], random);
            self.write(file, b"\n", random);
            let end = from + text.len() as u64 + 1;
            self.files[file].lines.push((self.numbers[&text], end));
        }
    }

    /// The writer goes on in the file for a moment before it notices.
    pub(crate) fn rename(&mut self, name: usize, more: bool, random: &mut Random) {
        let Some(at) = self.live[name].take() else { return };
        let to = PathBuf::from(format!("{LOGS}/{}.log.{at}", ["a", "b"][name]));
        self.platter.disk().rename(&self.files[at].path, &to).unwrap();
        (self.files[at].path, self.files[at].state) = (to, State::Renamed);
        if more {
            let text = self.new_line(random);
            self.write_line(at, &text, random);
        }
    }

    pub(crate) fn cut_off(&mut self, name: usize) {
        let Some(at) = self.live[name] else { return };
        self.platter.empty(&self.files[at].path);
        self.excuse(at);
        let file = &mut self.files[at];
        (file.size, file.was_cut) = (0, true);
        file.lines.clear();
    }

    pub(crate) fn remove(&mut self, name: usize) {
        let Some(at) = self.live[name].take() else { return };
        self.platter.disk().remove(&self.files[at].path).unwrap();
        self.excuse(at);
        self.files[at].state = State::Gone;
        self.files[at].lines.clear();
    }

    fn live(&mut self, name: usize, random: &mut Random) -> usize {
        if let Some(at) = self.live[name] {
            return at;
        }
        let path = PathBuf::from(format!("{LOGS}/{}.log", ["a", "b"][name]));
        let disk = self.platter.disk();
        let identity = disk.append(&path).unwrap().identity().unwrap();
        if random.percent(50) {
            let _ = disk.sync_folder(Path::new(LOGS));
        }
        let (lines, state) = (Vec::new(), State::Live);
        // A position of a removed file with this identity may still be there.
        let was_cut = self.files.iter().any(|file| file.identity == identity);
        self.files.push(File { path, identity, lines, size: 0, state, was_cut });
        self.live[name] = Some(self.files.len() - 1);
        self.files.len() - 1
    }

    fn new_line(&mut self, random: &mut Random) -> String {
        let number = self.lines.len();
        let mut text = format!("{number} ");
        text.extend((0..random.below(120)).map(|_| char::from(LETTERS[random.index(LETTERS.len())])));
        self.numbers.insert(text.clone(), number);
        self.lines.push(Line { text: text.clone(), delivered: 0, excused: false });
        text
    }

    fn write_line(&mut self, at: usize, text: &str, random: &mut Random) {
        self.write(at, format!("{text}\n").as_bytes(), random);
        let number = self.numbers[text];
        let file = &mut self.files[at];
        file.lines.push((number, file.size));
    }

    fn write(&mut self, at: usize, bytes: &[u8], random: &mut Random) {
        let mut file = self.platter.disk().append(&self.files[at].path).unwrap();
        file.write(bytes).unwrap();
        if random.percent(50) {
            file.sync().unwrap();
        }
        self.files[at].size += bytes.len() as u64;
    }

    /// Nobody can read what was not delivered yet.
    fn excuse(&mut self, at: usize) {
        for (line, _) in &self.files[at].lines {
            self.lines[*line].excused = true;
        }
    }

    /// A file that was renamed to a name that is not followed, and that no source knew, is nobody's.
    pub(crate) fn excuse_unknown(&mut self, is_known: impl Fn(FileIdentity, &Path) -> bool) {
        for at in 0..self.files.len() {
            let file = &self.files[at];
            if file.state == State::Renamed && !self.follows_renamed && !is_known(file.identity, &file.path) {
                self.excuse(at);
            }
        }
    }

    /// A line came out.
    pub(crate) fn deliver(&mut self, text: &str, most: u32) {
        let Some(number) = self.numbers.get(text) else {
            assert!(self.is_damaged, "nobody wrote {text:?}");
            return;
        };
        let line = &mut self.lines[*number];
        line.delivered += 1;
        assert!(line.delivered <= most, "line {number} came {} times", line.delivered);
    }

    /// What must have come and did not.
    pub(crate) fn missing(&self) -> Vec<&str> {
        let missing = self.lines.iter().filter(|line| line.delivered == 0 && !line.excused);
        let written: Vec<usize> =
            self.files.iter().flat_map(|file| file.lines.iter().map(|(line, _)| *line)).collect();
        missing.filter(|line| written.contains(&self.numbers[&line.text])).map(|line| &*line.text).collect()
    }

    /// How many lines were written, are excused and did not come, and came again.
    pub(crate) fn counts(&self) -> [u64; 3] {
        let lost = self.lines.iter().filter(|line| line.delivered == 0 && line.excused).count();
        let again: u32 = self.lines.iter().map(|line| line.delivered.saturating_sub(1)).sum();
        [self.lines.len() as u64, lost as u64, u64::from(again)]
    }

    /// No saved position is behind what was delivered, or inside a line.
    pub(crate) fn check_positions(&self, saved: &[(u64, u64)]) {
        for (inode, position) in saved {
            let is_it = |file: &&File| file.identity.inode == *inode && !file.was_cut;
            let same = self.files.iter().filter(is_it);
            for file in same.filter(|file| file.state != State::Gone) {
                let ends = || file.lines.iter().map(|(_, end)| *end);
                assert!(
                    *position == 0 || ends().any(|end| end == *position),
                    "{position} is inside {file:?}"
                );
                let before = file.lines.iter().filter(|(_, end)| end <= position);
                for (line, _) in before {
                    let line = &self.lines[*line];
                    assert!(line.delivered > 0, "{position} in {file:?} is behind {line:?}");
                }
            }
        }
    }

    /// The power was lost: what is left is what is in the files now.
    pub(crate) fn lose_power(&mut self, random: &mut Random) {
        let Platter::Crash(disk) = &self.platter else { return };
        let disk = disk.crash(random);
        let entries = disk.list(Path::new(LOGS)).unwrap();
        (self.platter, self.is_damaged, self.live) = (Platter::Crash(disk), true, [None; NAMES]);
        for at in 0..self.files.len() {
            let identity = self.files[at].identity;
            if let Some(entry) = entries.iter().find(|entry| entry.identity == identity) {
                self.restore(at, &entry.path, random);
            } else {
                self.excuse(at);
                self.files[at].state = State::Gone;
                self.files[at].lines.clear();
            }
        }
    }

    fn restore(&mut self, at: usize, path: &Path, random: &mut Random) {
        let bytes = self.platter.disk().read(path, u64::MAX).unwrap();
        self.excuse(at);
        let file = &mut self.files[at];
        file.path = path.to_path_buf();
        (file.size, file.was_cut) = (bytes.len() as u64, true);
        file.lines.clear();
        let mut end = 0;
        for text in bytes.split_inclusive(|byte| *byte == b'\n') {
            end += text.len() as u64;
            let text = text.strip_suffix(b"\n").and_then(|text| str::from_utf8(text).ok());
            if let Some(number) = text.and_then(|text| self.numbers.get(text)) {
                self.lines[*number].excused = false;
                self.files[at].lines.push((*number, end));
            }
        }
        let name = ["/logs/a.log", "/logs/b.log"].iter().position(|name| Path::new(name) == path);
        self.files[at].state = if name.is_some() { State::Live } else { State::Renamed };
        if let Some(name) = name {
            self.live[name] = Some(at);
            if bytes.last().is_some_and(|last| *last != b'\n') {
                self.write(at, b"\n", random);
            }
        }
    }
}
