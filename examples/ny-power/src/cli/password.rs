use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use flowcore::base::Disk;

/// A file with a password has at most so many bytes.
const MAX_FILE_BYTES: u64 = 4096;

/// A password. It is not printed.
///
/// ```
/// # use flowcore::base::LocalDisk;
/// use ny_power::cli::Password;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("password");
/// std::fs::write(&path, "correct horse\n")?;
/// let password = Password::read(&LocalDisk, &path)?;
/// assert_eq!(password.reveal(), "correct horse");
/// assert_eq!(format!("{password:?}"), "Password(…)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a file gives no password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// It cannot be read.
    #[error("cannot read the password in {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Its first line is empty, or is no text.
    #[error("the first line of {} is no password", .0.display())]
    NoPassword(PathBuf),
}

impl Password {
    /// The first line of a file.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(disk: &dyn Disk, path: &Path) -> Result<Self, PasswordError> {
        let cannot = |source| PasswordError::Read { path: path.to_owned(), source };
        let bytes = disk.read(path, MAX_FILE_BYTES).map_err(cannot)?;
        let line = str::from_utf8(&bytes).ok().and_then(|text| text.lines().next());
        let line = line.filter(|line| !line.is_empty());
        line.map(|line| Self(line.to_owned())).ok_or_else(|| PasswordError::NoPassword(path.to_owned()))
    }

    /// That of the variable `MQTT_PUMP_PASS`, unless it is empty.
    pub fn of_environment() -> Option<Self> {
        std::env::var("MQTT_PUMP_PASS").ok().filter(|password| !password.is_empty()).map(Self)
    }

    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use flowcore::base::LocalDisk;

    use super::*;

    #[test]
    fn a_file_without_a_password_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let why = || Password::read(&LocalDisk, &path).unwrap_err().to_string();
        assert_eq!(why(), format!("cannot read the password in {}", path.display()));
        for content in [b"".as_slice(), b"\nsecond", b"\xff\n"] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(why(), format!("the first line of {} is no password", path.display()));
        }
        std::fs::write(&path, [b'x'; 5000]).unwrap();
        assert_eq!(why(), format!("cannot read the password in {}", path.display()));
    }

    #[test]
    fn an_end_of_line_is_not_part_of_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for content in ["a b", "a b\n", "a b\r\n", "a b\nmore"] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(Password::read(&LocalDisk, &path).unwrap().reveal(), "a b");
        }
    }
}
