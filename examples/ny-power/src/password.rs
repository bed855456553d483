//! The pump's password: from a file, from the environment, or made once and kept. Never the same everywhere.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::rand::{SecureRandom, SystemRandom};

/// The environment variable that may have it.
pub const VARIABLE: &str = "MQTT_PUMP_PASS";
/// Where one that was made is kept, in the program's folder.
const FILE: &str = "pump-password";
/// Bytes of a password at most.
const LONGEST: usize = 1024;
/// Random bytes of one that is made.
const STRENGTH: usize = 24;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// The file cannot be read.
    #[error("cannot read the pump's password from {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It could not be kept.
    #[error("cannot keep the pump's password in {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was given is none.
    #[error("the pump's password in {place} {fault}")]
    Unusable {
        /// The file or the variable.
        place: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The system has no random numbers.
    #[error("the system gives out no random numbers")]
    Random,
}

/// The pump's password: what `file` has; otherwise `variable`, what [`VARIABLE`] has; otherwise the one that is
/// kept in `dir`, which is made at the first time, readable by its owner only. The end of the line is no part
/// of it. `dir` must be there.
///
/// Two processes that make it at the same time get the same one. It blocks: call it where that is allowed.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use ny_power::password::pump_password;
/// assert_eq!(pump_password(None, Some("from the environment"), dir.path())?, "from the environment");
/// let made = pump_password(None, None, dir.path())?;
/// assert_eq!(pump_password(None, None, dir.path())?, made);
/// # Ok(()) }
/// ```
///
/// # Errors
/// When the file or the variable has none, or it can be neither read nor kept.
pub fn pump_password(
    file: Option<&Path>,
    variable: Option<&str>,
    dir: &Path,
) -> Result<String, PasswordError> {
    if let Some(path) = file {
        return read(path);
    }
    if let Some(password) = variable {
        return usable(password, || format!("the variable {VARIABLE}"));
    }
    let path = dir.join(FILE);
    if !path.exists() {
        make(dir, &path)?;
    }
    read(&path)
}

fn read(path: &Path) -> Result<String, PasswordError> {
    let mut text = String::new();
    let limit = u64::try_from(LONGEST + 2).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(limit).read_to_string(&mut text))
        .map_err(|source| PasswordError::Read { path: path.to_path_buf(), source })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    usable(line.strip_suffix('\r').unwrap_or(line), || path.display().to_string())
}

fn usable(password: &str, place: impl FnOnce() -> String) -> Result<String, PasswordError> {
    let fault = match password {
        "" => "is empty",
        long if long.len() > LONGEST => "is longer than 1024 bytes",
        odd if odd.contains(char::is_control) => "has a line break or another control character",
        fine => return Ok(fine.to_owned()),
    };
    Err(PasswordError::Unusable { place: place(), fault })
}

/// Writes it beside its place and then links it there: nobody sees half of it, and the first one stays.
fn make(dir: &Path, path: &Path) -> Result<(), PasswordError> {
    let mut random = [0; STRENGTH + 8];
    SystemRandom::new().fill(&mut random).map_err(|_| PasswordError::Random)?;
    let (secret, name) = random.split_at(STRENGTH);
    let beside = dir.join(format!(".{FILE}.{}", HEXLOWER.encode(name)));
    let line = format!("{}\n", BASE64URL_NOPAD.encode(secret));
    let failed = |source| PasswordError::Write { path: path.to_path_buf(), source };
    write_private(&beside, line.as_bytes()).map_err(failed)?;
    let linked = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside).map_err(failed)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
        _ => Ok(()),
    }
}

/// Writes a new file that only its owner reads.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn one_that_is_made_stays_and_only_its_owner_reads_it() {
        let [one, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let made = pump_password(None, None, one.path()).unwrap();
        assert_eq!(made.len(), 32);
        assert_eq!(pump_password(None, None, one.path()).unwrap(), made);
        assert_ne!(pump_password(None, None, other.path()).unwrap(), made);
        let files: Vec<_> = std::fs::read_dir(one.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_first_of_two_that_make_it_wins() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        make(dir.path(), &path).unwrap();
        let first = read(&path).unwrap();
        make(dir.path(), &path).unwrap();
        assert_eq!(read(&path).unwrap(), first);
    }

    #[test]
    fn a_file_goes_before_the_variable_and_ends_with_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        for text in ["from a file", "from a file\n", "from a file\r\n"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(pump_password(Some(&path), Some("other"), dir.path()).unwrap(), "from a file");
        }
    }

    #[test]
    fn what_cannot_be_one_is_refused_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            pump_password(Some(&path), None, dir.path()).unwrap_err().to_string()
        };
        let place = path.display();
        assert_eq!(refused("\n"), format!("the pump's password in {place} is empty"));
        assert!(refused("two\nlines\n").contains("line break"));
        assert!(refused(&"x".repeat(5000)).contains("longer than 1024 bytes"));
        let variable = pump_password(None, Some(""), dir.path()).unwrap_err().to_string();
        assert_eq!(variable, "the pump's password in the variable MQTT_PUMP_PASS is empty");
        let missing = pump_password(Some(&dir.path().join("none")), None, dir.path());
        assert!(matches!(missing, Err(PasswordError::Read { .. })));
    }
}
