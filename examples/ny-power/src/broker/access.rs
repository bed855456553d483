//! Who may read and write what.

use std::sync::Arc;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::error::BrokerError;
use super::topic::matches;
use crate::messages::ROOT;

/// Who may read and write what, and how it is known who somebody is.
///
/// ```
/// # fn main() -> Result<(), ny_power::broker::BrokerError> {
/// use ny_power::broker::Access;
/// let access = Access::ny_power("a password")?;
/// let anybody = access.login(None, None).expect("anonymous may connect");
/// assert!(anybody.may_read("ny-power/computed/co2"));
/// assert!(!anybody.may_write("ny-power/computed/co2"));
/// assert!(!anybody.may_read("$SYS/broker/version"));
/// let pump = access.login(Some("pump"), Some(b"a password")).expect("the password is right");
/// assert!(pump.may_write("ny-power/computed/co2"));
/// assert!(access.login(Some("pump"), Some(b"another")).is_none());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Access {
    anonymous: Arc<Rights>,
    users: Vec<User>,
    key: hmac::Key,
}

#[derive(Debug, Clone)]
struct User {
    rights: Arc<Rights>,
    /// Not the password: its tag under a key that lives as long as the process. Comparing tags takes the
    /// same time wherever they differ.
    tag: hmac::Tag,
}

/// What one user may do.
#[derive(Debug, PartialEq, Eq)]
pub struct Rights {
    user: Option<String>,
    read: Vec<String>,
    write: Vec<String>,
}

impl Access {
    /// Anonymous clients read `ny-power/#`; `pump` reads and writes it, and reads `$SYS/#`. The same as the
    /// files of [`Mosquitto`](super::Mosquitto) say.
    ///
    /// # Errors
    /// [`BrokerError::Random`] when the system has no random numbers.
    pub fn ny_power(pump_password: &str) -> Result<Self, BrokerError> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| BrokerError::Random)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &seed);
        let all = || format!("{ROOT}/#");
        let anonymous = Rights { user: None, read: vec![all()], write: Vec::new() };
        let read = vec![all(), "$SYS/#".to_owned()];
        let pump = Rights { user: Some(PUMP.to_owned()), read, write: vec![all()] };
        let tag = hmac::sign(&key, pump_password.as_bytes());
        Ok(Self { anonymous: Arc::new(anonymous), users: vec![User { rights: Arc::new(pump), tag }], key })
    }

    /// What a user may do; `None` when there is none of this name.
    pub(super) fn user(&self, name: &str) -> Option<Arc<Rights>> {
        self.users.iter().find(|user| user.rights.user() == Some(name)).map(|user| user.rights.clone())
    }

    /// What the client may do, or `None` when it is not who it says. Without a name it is anonymous.
    pub fn login(&self, user: Option<&str>, password: Option<&[u8]>) -> Option<Arc<Rights>> {
        let Some(name) = user else { return Some(self.anonymous.clone()) };
        let user = self.users.iter().find(|user| user.rights.user() == Some(name))?;
        hmac::verify(&self.key, password.unwrap_or_default(), user.tag.as_ref()).ok()?;
        Some(user.rights.clone())
    }
}

/// The user who publishes.
pub const PUMP: &str = "pump";

impl Rights {
    /// The user's name; `None` when anonymous.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether messages of this topic are for this user.
    pub fn may_read(&self, topic: &str) -> bool {
        self.read.iter().any(|filter| matches(filter, topic))
    }

    /// Whether this user may publish to this topic.
    pub fn may_write(&self, topic: &str) -> bool {
        self.write.iter().any(|filter| matches(filter, topic))
    }

    /// Whether there is a topic this user may publish to.
    pub(super) fn writes(&self) -> bool {
        !self.write.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anonymous_reads_below_the_root_and_nothing_else() {
        let anybody = Access::ny_power("secret").unwrap().login(None, None).unwrap();
        assert!(anybody.may_read("ny-power/status/fuel-mix/updated"));
        assert!(!anybody.may_read("other/topic"));
        assert!(!anybody.may_read("$SYS/broker/clients/connected"));
        assert!(!anybody.may_write("ny-power/status/fuel-mix/updated"));
    }

    #[test]
    fn pump_writes_below_the_root_and_reads_the_state_of_the_broker() {
        let pump = Access::ny_power("secret").unwrap().login(Some(PUMP), Some(b"secret")).unwrap();
        assert!(pump.may_write("ny-power/computed/co2"));
        assert!(pump.may_read("$SYS/broker/version"));
        assert!(!pump.may_write("$SYS/broker/version"));
        assert!(!pump.may_write("elsewhere"));
    }

    #[test]
    fn wrong_missing_and_unknown_are_refused() {
        let access = Access::ny_power("secret").unwrap();
        for (user, password) in [
            ("pump", Some(&b"secre"[..])),
            ("pump", Some(b"secret ")),
            ("pump", Some(b"")),
            ("pump", None),
            ("Pump", Some(b"secret")),
            ("", Some(b"secret")),
            ("other", Some(b"secret")),
        ] {
            assert!(access.login(Some(user), password).is_none(), "{user} {password:?}");
        }
    }
}
