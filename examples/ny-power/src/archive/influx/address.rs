use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;

use crate::archive::ArchiveError;
use crate::http::Target;

const DEFAULT_PORT: u16 = 8086;
const DEFAULT_DATABASE: &str = "ny-power";

/// Where an InfluxDB is: `influx://[user:password@]host[:port][/database]`, or `influx+https://…` with TLS.
/// The port is 8086 and the database `ny-power`, if they are not said. In user, password and database,
/// `%` and two hexadecimal digits stand for a byte, as `%40` for `@`.
///
/// It is shown without user and password.
///
/// ```
/// use ny_power::archive::InfluxAddress;
/// let address: InfluxAddress = "influx://pump:s%40cret@db.example".parse()?;
/// assert_eq!(address.to_string(), "influx://db.example:8086/ny-power");
/// # Ok::<_, ny_power::archive::ArchiveError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InfluxAddress {
    server: Target,
    shown: String,
    credentials: Option<HeaderValue>,
    database: String,
}

impl fmt::Display for InfluxAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for InfluxAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InfluxAddress").field(&self.shown).finish()
    }
}

impl FromStr for InfluxAddress {
    type Err = ArchiveError;
    fn from_str(text: &str) -> Result<Self, ArchiveError> {
        parse(text).map_err(|reason| ArchiveError::Address { reason })
    }
}

fn parse(text: &str) -> Result<InfluxAddress, &'static str> {
    let plain = text.strip_prefix("influx://").map(|rest| ("influx", "http", rest));
    let secure = text.strip_prefix("influx+https://").map(|rest| ("influx+https", "https", rest));
    let (name, scheme, rest) = plain.or(secure).ok_or("this begins with something else")?;
    let (authority, database) = rest.split_once('/').unwrap_or((rest, DEFAULT_DATABASE));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let host = with_port(host)?;
    let server = format!("{scheme}://{host}/").parse().map_err(|_| "the host or the port is wrong")?;
    let database = decoded(database, "the database is not UTF-8")?;
    if database.is_empty() || database.contains(|letter: char| letter.is_control() || "/?#".contains(letter))
    {
        return Err("the database's name is empty, or has `/`, `?`, `#` or a control character");
    }
    let shown = format!("{name}://{host}/{database}");
    let credentials = user.map(credentials).transpose()?;
    Ok(InfluxAddress { server, shown, credentials, database: database.into_owned() })
}

fn with_port(host: &str) -> Result<Cow<'_, str>, &'static str> {
    // The colons of an IPv6 address are in brackets.
    match host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        Some((_, port)) if port.parse::<u16>().is_ok_and(|port| port > 0) => Ok(Cow::Borrowed(host)),
        Some(_) => Err("the host or the port is wrong"),
        None => Ok(Cow::Owned(format!("{host}:{DEFAULT_PORT}"))),
    }
}

fn credentials(text: &str) -> Result<HeaderValue, &'static str> {
    let (user, password) = text.split_once(':').ok_or("a user needs a password")?;
    let user = decoded(user, "the user is not UTF-8")?;
    let password = decoded(password, "the password is not UTF-8")?;
    if user.is_empty() || user.contains(':') {
        return Err("the user's name is empty or has a colon");
    }
    let basic = format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()));
    let mut value = HeaderValue::try_from(basic).map_err(|_| "the password cannot be sent")?;
    value.set_sensitive(true);
    Ok(value)
}

fn decoded<'t>(text: &'t str, reason: &'static str) -> Result<Cow<'t, str>, &'static str> {
    percent_decode_str(text).decode_utf8().map_err(|_| reason)
}

impl InfluxAddress {
    pub(super) fn server(&self) -> &Target {
        &self.server
    }

    /// The header `Authorization`.
    pub(super) fn credentials(&self) -> Option<&HeaderValue> {
        self.credentials.as_ref()
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, String> {
        let parsed = text.parse::<InfluxAddress>();
        parsed.map(|address| format!("{address} {}", address.server)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_is_the_usual() {
        for (text, expected) in [
            ("influx://host", "influx://host:8086/ny-power http://host:8086/"),
            ("influx://host:1/power", "influx://host:1/power http://host:1/"),
            ("influx+https://u:p@host/my%20db", "influx+https://host:8086/my db https://host:8086/"),
            ("influx://[::1]", "influx://[::1]:8086/ny-power http://[::1]:8086/"),
            ("influx://[::1]:99/x", "influx://[::1]:99/x http://[::1]:99/"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_a_password_never() {
        for text in [
            "influx://u:hunter2@",
            "influx://u:hunter2@host:0",
            "influx://u:hunter2@host:65536",
            "influx://u:hunter2@host:x",
            "influx://u:hunter2@ho st",
            "influx://u:hunter2@host/",
            "influx://u:hunter2@host/a/b",
            "influx://u:hunter2@host/%ff",
            "influx://u:hunter2@host/%0a",
            "influx://:hunter2@host",
            "influx://hunter2@host",
            "influx://%3a:hunter2@host",
            "influx://u:hunter2%ff@host",
            "influxdb://u:hunter2@host",
        ] {
            let error = shown(text).unwrap_err();
            assert!(error.starts_with("the archive is `embedded` or influx://"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn user_and_password_are_sent_and_not_shown() {
        let address: InfluxAddress = "influx://us%65r:p%40ss:w/rd@host"
            .replace('/', "%2F")
            .replacen("%2F%2F", "//", 1)
            .parse()
            .unwrap();
        let expected = format!("Basic {}", BASE64.encode(b"user:p@ss:w/rd"));
        assert_eq!(address.credentials().unwrap().to_str().unwrap(), expected);
        let debug = format!("{address:?} {:?}", address.credentials());
        assert_eq!(debug, r#"InfluxAddress("influx://host:8086/ny-power") Some(Sensitive)"#);
    }
}
