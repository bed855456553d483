//! Whether a version was withdrawn, from the copy of the index that cargo keeps. Its form is cargo's own and
//! may change: then the answer is "unknown", not an error.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::metadata::Package;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    Yanked,
    Unknown,
}

/// What the index says about a package.
pub(crate) fn standing(package: &Package) -> Standing {
    let entries = caches().into_iter().filter_map(|cache| fs::read(cache.join(place(&package.name))).ok());
    let mut answers = entries.filter_map(|entry| is_yanked(&entry, &package.version));
    match answers.next() {
        Some(true) => Standing::Yanked,
        Some(false) => Standing::Good,
        None => Standing::Unknown,
    }
}

fn caches() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")));
    let indexes = home.and_then(|home| fs::read_dir(home.join("registry/index")).ok());
    indexes.into_iter().flatten().flatten().map(|entry| entry.path().join(".cache")).collect()
}

/// Where the index keeps a package: `3/s/syn`, `se/rd/serde`.
fn place(name: &str) -> PathBuf {
    let name = name.to_lowercase();
    let folder = match name.len() {
        length @ 1..=2 => length.to_string(),
        3 => format!("3/{}", name.get(..1).unwrap_or_default()),
        _ => format!("{}/{}", name.get(..2).unwrap_or_default(), name.get(2..4).unwrap_or_default()),
    };
    Path::new(&folder).join(name)
}

/// An entry holds one JSON object for each version, with zero bytes between them.
fn is_yanked(entry: &[u8], version: &str) -> Option<bool> {
    let objects = entry.split(|&byte| byte == 0).filter(|part| part.starts_with(b"{"));
    let mut objects = objects.filter_map(|part| serde_json::from_slice::<Value>(part).ok());
    objects.find(|object| object["vers"] == version)?["yanked"].as_bool()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_tells_about_each_of_its_versions() {
        let entry = b"\x03\x02\x00\x00\x00etag\x001.0.0\x00{\"vers\":\"1.0.0\",\"yanked\":true}\x00\
                      1.0.1\x00{\"vers\":\"1.0.1\",\"yanked\":false}\x00";
        assert_eq!(is_yanked(entry, "1.0.0"), Some(true));
        assert_eq!(is_yanked(entry, "1.0.1"), Some(false));
        assert_eq!(is_yanked(entry, "2.0.0"), None);
        assert_eq!(is_yanked(b"another form", "1.0.0"), None);
    }

    #[test]
    fn names_have_their_place_by_length() {
        for (name, expected) in [("a", "1/a"), ("cc", "2/cc"), ("syn", "3/s/syn"), ("Serde", "se/rd/serde")] {
            assert_eq!(place(name), Path::new(expected));
        }
    }
}
