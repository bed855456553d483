use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::TailError;
use super::folders::Folders;
use crate::base::{FileIdentity, folder_of};
use crate::ingest::pattern::Pattern;

/// So many folders of one pattern are looked at, and so deep.
const MOST_FOLDERS: usize = 10_000;
const DEEPEST: usize = 64;

/// Which files are followed: a folder, or folders below it, and what the name of a file is like.
///
/// ```
/// use flowcore::ingest::source::tail::FilePattern;
///
/// let shell = FilePattern::wildcard("/var/log/web/*.log")?;
/// let regex = FilePattern::regex(r"/var/log/web/access\.log(\.\d+)?")?;
/// let below = FilePattern::tree(r"/srv/**/app\d+/.*\.log")?;
/// let error = FilePattern::regex("/var/log/(").unwrap_err();
/// assert_eq!(error.to_string(), "cannot tail /var/log/(: its expression cannot be used");
/// # let _ = (shell, regex, below);
/// # Ok::<(), flowcore::ingest::source::tail::TailError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FilePattern {
    folder: PathBuf,
    below: Vec<Level>,
    name: Name,
}

/// One folder below the other.
#[derive(Debug, Clone)]
enum Level {
    /// `**`: any number of folders, also none.
    Any,
    Named(Box<Pattern>),
}

#[derive(Debug, Clone)]
enum Name {
    Wildcard(Vec<u8>),
    Regex(Box<Pattern>),
}

impl FilePattern {
    /// A path whose file name may have `*` (any bytes, also none) and `?` (one byte).
    ///
    /// # Errors
    /// [`TailError::Pattern`] when it names no file, or has a wildcard in a folder.
    pub fn wildcard(path: impl AsRef<Path>) -> Result<Self, TailError> {
        let path = path.as_ref();
        let invalid = |reason| TailError::Pattern { pattern: path.to_path_buf(), reason };
        let name = path.file_name().ok_or_else(|| invalid("it names no file"))?;
        let folder = folder_of(path);
        if folder.as_os_str().as_encoded_bytes().iter().any(|byte| matches!(byte, b'*' | b'?')) {
            return Err(invalid("a wildcard stands only in the file name"));
        }
        let name = Name::Wildcard(name.as_encoded_bytes().to_vec());
        Ok(Self { folder: folder.to_path_buf(), below: Vec::new(), name })
    }

    /// A folder, then a regular expression in Java's syntax for the whole name of a file in it.
    ///
    /// # Errors
    /// [`TailError::Pattern`] without a folder, [`TailError::Regex`] when the expression cannot be used.
    pub fn regex(path: &str) -> Result<Self, TailError> {
        let (folder, name) = split(path)?;
        let name = Name::Regex(Box::new(expression(path, name)?));
        Ok(Self { folder: PathBuf::from(folder), below: Vec::new(), name })
    }

    /// The same, with folders that are regular expressions for a whole name too, or `**` for any number of
    /// folders one below the other, also none. A loop of links is not followed.
    ///
    /// # Errors
    /// As [`regex`](Self::regex).
    pub fn tree(path: &str) -> Result<Self, TailError> {
        let (folders, name) = split(path)?;
        let is_fixed = |part: &&str| !part.contains(|c: char| r"\[]{}()*+?^$|".contains(c));
        let fixed: Vec<&str> = folders.split('/').take_while(is_fixed).collect();
        let level = |part: &str| match part {
            "**" => Ok(Level::Any),
            _ => Ok(Level::Named(Box::new(expression(path, part)?))),
        };
        let below = folders.split('/').skip(fixed.len()).map(level).collect::<Result<_, TailError>>()?;
        let folder = match fixed.join("/") {
            root if root.is_empty() => PathBuf::from("/"),
            folder => PathBuf::from(folder),
        };
        Ok(Self { folder, below, name: Name::Regex(Box::new(expression(path, name)?)) })
    }

    /// The folder that is there in any case.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn matches(&self, name: &OsStr) -> bool {
        match &self.name {
            Name::Wildcard(pattern) => wildcard(pattern, name.as_encoded_bytes()),
            Name::Regex(pattern) => pattern.finds(name.as_encoded_bytes()),
        }
    }

    /// The folders whose files can match.
    pub(super) fn folders(&self, folders: &mut Folders) -> Vec<PathBuf> {
        let mut walk = Walk { folders, seen: HashSet::new(), found: Vec::new() };
        walk.go(&self.folder, &self.below, 0);
        let mut found = walk.found;
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Looks for the folders of a tree.
struct Walk<'a> {
    folders: &'a mut Folders,
    seen: HashSet<(FileIdentity, usize)>,
    found: Vec<PathBuf>,
}

impl Walk<'_> {
    fn go(&mut self, folder: &Path, below: &[Level], depth: usize) {
        let Some((level, rest)) = below.split_first() else {
            return self.found.push(folder.to_path_buf());
        };
        if matches!(level, Level::Any) {
            self.go(folder, rest, depth);
        }
        // What cannot be listed is said when its files are wanted.
        let Ok(entries) = self.folders.list(folder) else { return };
        for entry in entries.iter().filter(|entry| !entry.is_file) {
            let name = entry.path.file_name().unwrap_or_default().as_encoded_bytes();
            let next = match level {
                Level::Any => below,
                Level::Named(pattern) if pattern.finds(name) => rest,
                Level::Named(_) => continue,
            };
            let has_room = self.found.len() < MOST_FOLDERS && depth < DEEPEST;
            if has_room && self.seen.insert((entry.identity, next.len())) {
                self.go(&entry.path, next, depth + 1);
            }
        }
    }
}

/// Folder and name.
fn split(path: &str) -> Result<(&str, &str), TailError> {
    let invalid = |reason| TailError::Pattern { pattern: PathBuf::from(path), reason };
    let (folder, name) = path.rsplit_once('/').ok_or_else(|| invalid("it has no folder"))?;
    if name.is_empty() {
        return Err(invalid("it names no file"));
    }
    Ok((if folder.is_empty() { "/" } else { folder }, name))
}

fn expression(path: &str, text: &str) -> Result<Pattern, TailError> {
    Pattern::whole(text).map_err(|cause| TailError::Regex { pattern: PathBuf::from(path), cause })
}

/// Tries the shortest run for the last `*` first and makes it longer when the rest does not fit: at most
/// the product of both lengths, never exponential.
fn wildcard(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_a_shell_says() {
        let cases = [
            ("a.log", "a.log", true),
            ("a.log", "a.log.1", false),
            ("*.log", "a.log", true),
            ("*.log", ".log", true),
            ("*.log", "a.log.1", false),
            ("a.log*", "a.log.1", true),
            ("a?.log", "ab.log", true),
            ("a?.log", "a.log", false),
            ("*a*b*", "xxaybz", true),
            ("*a*b*", "xxbya", false),
            ("*", "", true),
            ("?", "", false),
            ("**x", "xxx", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(wildcard(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        let (pattern, name) = ("*a".repeat(200) + "b", "a".repeat(2000));
        assert!(!wildcard(pattern.as_bytes(), name.as_bytes()));
    }

    #[test]
    fn a_wildcard_in_a_folder_is_refused() {
        let error = FilePattern::wildcard("/var/*/a.log").unwrap_err();
        assert_eq!(error.to_string(), "cannot tail /var/*/a.log: a wildcard stands only in the file name");
        assert!(FilePattern::wildcard("/").is_err());
        assert_eq!(FilePattern::wildcard("a.log").unwrap().folder(), Path::new("."));
    }

    #[test]
    fn an_expression_stands_for_the_whole_name_and_a_folder_is_no_expression() {
        let pattern = FilePattern::regex(r"/var/log.d/a\d+\.log|b").unwrap();
        assert_eq!(pattern.folder(), Path::new("/var/log.d"));
        for (name, expected) in [("a12.log", true), ("b", true), ("a12.log.1", false), ("xb", false)] {
            assert_eq!(pattern.matches(OsStr::new(name)), expected, "{name}");
        }
        assert_eq!(FilePattern::regex("/x").unwrap().folder(), Path::new("/"));
        assert!(FilePattern::regex("x").is_err() && FilePattern::regex("/var/").is_err());
    }

    #[test]
    fn a_tree_begins_where_the_first_folder_is_an_expression() {
        for (path, folder, below) in [
            ("/srv/a.b/**/x.log", "/srv/a.b", 1),
            (r"/srv/app\d/logs/x.log", "/srv", 2),
            ("/**/x", "/", 1),
            ("/a/x", "/a", 0),
        ] {
            let pattern = FilePattern::tree(path).unwrap();
            assert_eq!((pattern.folder(), pattern.below.len()), (Path::new(folder), below), "{path}");
        }
    }
}
