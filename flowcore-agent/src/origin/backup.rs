use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::diagnostic::SourceFiles;

/// The last configuration that ran, for a start at which it cannot be read.
#[derive(Debug, Clone)]
pub(crate) struct Backup {
    path: PathBuf,
}

impl Backup {
    /// Flume's name: `.<agent>.properties`.
    pub(crate) fn new(folder: &Path, agent: &str) -> Self {
        Self { path: folder.join(format!(".{agent}.properties")) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// As [`keep`](Self::keep); that it could not be done is said and no more.
    pub(crate) fn keep_or_say(&self, files: &SourceFiles) {
        if let Err(error) = self.keep(files) {
            tracing::warn!(path = %self.path.display(), %error, "cannot keep a copy of the configuration");
        }
    }

    /// Keeps the files as one, whole or not at all. It may have passwords: nobody else may read it.
    ///
    /// # Errors
    /// When it cannot be written.
    fn keep(&self, files: &SourceFiles) -> io::Result<()> {
        let text: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
        let text = text.join("\n\n");
        if fs::read(&self.path).is_ok_and(|kept| kept == text.as_bytes()) {
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        // One that a crash left may be readable by others.
        let _ = fs::remove_file(&new);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn several_files_are_kept_as_one_that_only_the_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let backup = Backup::new(&folder.path().join("backup"), "a1");
        let mut files = SourceFiles::default();
        files.add("a", "a1.sources = r1").unwrap();
        files.add("b", "a1.sinks = k1\n").unwrap();
        for _ in 0..2 {
            backup.keep(&files).unwrap();
        }
        assert!(backup.path().ends_with("backup/.a1.properties"));
        assert_eq!(fs::read_to_string(backup.path()).unwrap(), "a1.sources = r1\n\na1.sinks = k1\n");
        assert_eq!(fs::metadata(backup.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
