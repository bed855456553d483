use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::TailError;

/// A path whose file name may have `*` (any bytes, also none) and `?` (one byte).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    folder: PathBuf,
    name: Vec<u8>,
}

impl PathPattern {
    pub(super) fn parse(path: &Path) -> Result<Self, TailError> {
        let invalid = |reason| TailError::Pattern { pattern: path.to_path_buf(), reason };
        let name = path.file_name().ok_or_else(|| invalid("it names no file"))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if folder.as_os_str().as_encoded_bytes().iter().any(|byte| matches!(byte, b'*' | b'?')) {
            return Err(invalid("a wildcard stands only in the file name"));
        }
        Ok(Self { folder: folder.to_path_buf(), name: name.as_encoded_bytes().to_vec() })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn matches(&self, name: &OsStr) -> bool {
        wildcard(&self.name, name.as_encoded_bytes())
    }
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
        let error = PathPattern::parse(Path::new("/var/*/a.log")).unwrap_err();
        assert_eq!(error.to_string(), "cannot tail /var/*/a.log: a wildcard stands only in the file name");
        assert!(PathPattern::parse(Path::new("/")).is_err());
        assert_eq!(PathPattern::parse(Path::new("a.log")).unwrap().folder(), Path::new("."));
    }
}
