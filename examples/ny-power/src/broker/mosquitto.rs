//! What a real Mosquitto needs to stand in for this broker: `mosquitto.conf`, `passwords`, `access`.

use std::io;
use std::num::NonZeroU32;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};

use super::access::PUMP;
use super::config::Limits;
use crate::messages::ROOT;
use crate::password::write_private;

/// Rounds of the hash.
const ROUNDS: NonZeroU32 = NonZeroU32::new(10_000).unwrap();
/// Bytes of the salt: Mosquitto wants this many.
const SALT: usize = 12;
/// Bytes of the hash: Mosquitto wants this many.
const HASH: usize = 64;

/// Why the files were not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MosquittoError {
    /// One of them could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system has no random numbers.
    #[error("the system gives out no random numbers")]
    Random,
}

/// Where a Mosquitto listens.
#[derive(Debug, Clone)]
pub struct Mosquitto {
    /// The address of both listeners; `None` for all of the machine.
    pub address: Option<std::net::IpAddr>,
    /// For MQTT; 1883 usually.
    pub port: u16,
    /// For MQTT over websockets.
    pub websocket_port: u16,
}

impl Mosquitto {
    /// Writes `mosquitto.conf`, `passwords` and `access` into a folder, which is made if it is missing, and
    /// over those of an earlier time. The path of the first, for `mosquitto -c`.
    ///
    /// They say the same as [`Access::ny_power`](super::Access::ny_power), for Mosquitto 2. The password is
    /// hashed; only the owner of the files reads `passwords`. Mosquitto keeps its messages in the same folder.
    /// It blocks: call it where that is allowed.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// use ny_power::broker::Mosquitto;
    /// let mosquitto = Mosquitto { address: None, port: 1883, websocket_port: 8080 };
    /// let conf = mosquitto.write(dir.path(), "the pump's password")?;
    /// assert!(std::fs::read_to_string(conf)?.contains("listener 1883\n"));
    /// assert!(std::fs::read_to_string(dir.path().join("passwords"))?.starts_with("pump:$7$"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`MosquittoError::Write`] with the file.
    pub fn write(&self, dir: &Path, pump_password: &str) -> Result<PathBuf, MosquittoError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| MosquittoError::Write { path, source }
        };
        std::fs::create_dir_all(dir).map_err(failed(dir))?;
        let dir = std::path::absolute(dir).map_err(failed(dir))?;
        let hashed = format!("{PUMP}:{}\n", hash(pump_password)?);
        write_again(&dir.join("passwords"), &hashed, true)?;
        write_again(&dir.join("access"), &access(), false)?;
        let owner = std::fs::metadata(dir.join("passwords")).map_err(failed(&dir))?.uid();
        let conf = dir.join("mosquitto.conf");
        write_again(&conf, &self.configuration(&dir, owner == 0), false)?;
        Ok(conf)
    }

    fn configuration(&self, dir: &Path, as_root: bool) -> String {
        let dir = dir.display();
        let limits = Limits::default();
        // Otherwise it becomes the user mosquitto, who may not read what root wrote.
        let user = if as_root { "user root\n" } else { "" };
        let address = self.address.map(|address| format!(" {address}")).unwrap_or_default();
        let (port, websocket_port) = (self.port, self.websocket_port);
        let (queue, packet) = (limits.queue.messages, limits.packet);
        format!(
            "# Written by ny-power broker-config.\n\
             {user}per_listener_settings false\n\
             allow_anonymous true\n\
             password_file {dir}/passwords\n\
             acl_file {dir}/access\n\
             \n\
             # Retained messages survive a restart; a crash costs those of the last second. To write each\n\
             # change at once (autosave_on_changes) takes several milliseconds a message.\n\
             persistence true\n\
             persistence_location {dir}/\n\
             autosave_on_changes false\n\
             autosave_interval 1\n\
             \n\
             # Room for a month of messages while the archive is away.\n\
             max_queued_messages {queue}\n\
             max_inflight_messages {window}\n\
             message_size_limit {packet}\n\
             log_dest stderr\n\
             \n\
             listener {port}{address}\n\
             \n\
             listener {websocket_port}{address}\n\
             protocol websockets\n",
            window = limits.in_flight,
        )
    }
}

fn access() -> String {
    format!(
        "# Without a name: read, and nothing else.\n\
         topic read {ROOT}/#\n\
         \n\
         user {PUMP}\n\
         topic readwrite {ROOT}/#\n\
         topic read $SYS/#\n"
    )
}

/// As `mosquitto_passwd` writes it: PBKDF2 with SHA-512.
fn hash(password: &str) -> Result<String, MosquittoError> {
    let mut salt = [0; SALT];
    SystemRandom::new().fill(&mut salt).map_err(|_| MosquittoError::Random)?;
    let mut hash = [0; HASH];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, ROUNDS, &salt, password.as_bytes(), &mut hash);
    Ok(format!("$7${ROUNDS}${}${}", BASE64.encode(&salt), BASE64.encode(&hash)))
}

/// The old file goes first: a new one has the permissions that it is to have.
fn write_again(path: &Path, text: &str, is_private: bool) -> Result<(), MosquittoError> {
    let failed = |source| MosquittoError::Write { path: path.to_path_buf(), source };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    if is_private {
        return write_private(path, text.as_bytes()).map_err(failed);
    }
    std::fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_hash_never_repeats_and_has_the_lengths_that_mosquitto_wants() {
        let [one, other] = [hash("secret").unwrap(), hash("secret").unwrap()];
        assert_ne!(one, other);
        let parts: Vec<_> = one.split('$').collect();
        assert_eq!(parts[..3], ["", "7", "10000"]);
        assert_eq!(BASE64.decode(parts[3].as_bytes()).unwrap().len(), SALT);
        assert_eq!(BASE64.decode(parts[4].as_bytes()).unwrap().len(), HASH);
    }

    #[test]
    fn files_are_written_again_and_only_the_owner_reads_the_passwords() {
        let dir = tempfile::tempdir().unwrap();
        let mosquitto = Mosquitto { address: None, port: 1, websocket_port: 2 };
        for password in ["one", "other"] {
            mosquitto.write(&dir.path().join("new"), password).unwrap();
        }
        let passwords = dir.path().join("new/passwords");
        assert_eq!(std::fs::metadata(&passwords).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(passwords).unwrap().lines().count(), 1);
    }
}
