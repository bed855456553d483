//! `mqtt://[user[:password]@]host[:port]`.

use std::fmt;
use std::sync::Arc;

/// Where a broker is and who we are there.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    pub(crate) login: Option<(String, String)>,
}

/// Why an address cannot be used. Without the address: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("an address begins with mqtt:// or mqtts://")]
    Scheme,
    #[error("an address names a host")]
    Host,
    #[error("the port is no number from 1 to 65535")]
    Port,
    #[error("user and password are percent-encoded UTF-8")]
    Encoding,
    #[error("an address ends with the port")]
    Path,
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Scheme)?;
        let tls = match scheme {
            "mqtt" => false,
            "mqtts" => true,
            _ => return Err(AddressError::Scheme),
        };
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(parse_login(login)?), place),
            None => (None, rest),
        };
        let place = place.strip_suffix('/').unwrap_or(place);
        if place.contains(['/', '?', '#']) {
            return Err(AddressError::Path);
        }
        let (host, port) = split_port(place)?;
        let port = match port {
            None if tls => 8883,
            None => 1883,
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(AddressError::Port)?,
        };
        Ok(Self { host: host.to_owned(), port, tls, login })
    }

    /// For messages: without the login.
    pub(crate) fn name(&self) -> Arc<str> {
        format!("{}:{}", self.host, self.port).into()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}:{})", self.host, self.port)
    }
}

fn parse_login(login: &str) -> Result<(String, String), AddressError> {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    Ok((decode(user)?, decode(password)?))
}

/// A host in brackets is an IPv6 address.
fn split_port(place: &str) -> Result<(&str, Option<&str>), AddressError> {
    let (host, rest) = match place.strip_prefix('[') {
        Some(inner) => inner.split_once(']').ok_or(AddressError::Host)?,
        None => place.find(':').map_or((place, ""), |at| place.split_at(at)),
    };
    if host.is_empty() {
        return Err(AddressError::Host);
    }
    match rest {
        "" => Ok((host, None)),
        _ => rest.strip_prefix(':').map(|port| (host, Some(port))).ok_or(AddressError::Port),
    }
}

fn decode(text: &str) -> Result<String, AddressError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (high, low) = (digit(), digit());
        let code = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(code.ok_or(AddressError::Encoding)?);
    }
    String::from_utf8(bytes).map_err(|_| AddressError::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, u16, bool, Option<(String, String)>) {
        let address = Address::parse(text).unwrap();
        (address.host, address.port, address.tls, address.login)
    }

    #[test]
    fn ports_have_defaults() {
        assert_eq!(parsed("mqtt://localhost"), ("localhost".into(), 1883, false, None));
        assert_eq!(parsed("mqtts://10.0.0.1/"), ("10.0.0.1".into(), 8883, true, None));
        assert_eq!(parsed("mqtt://[::1]:77"), ("::1".into(), 77, false, None));
    }

    #[test]
    fn a_password_may_hold_anything_when_it_is_encoded() {
        let login = Some(("pu mp".to_owned(), "a@b:c/%".to_owned()));
        assert_eq!(parsed("mqtt://pu%20mp:a%40b:c%2F%25@h:1"), ("h".into(), 1, false, login));
        let login = Some(("u".to_owned(), "p@q".to_owned()));
        assert_eq!(parsed("mqtt://u:p@q@h:1"), ("h".into(), 1, false, login));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (text, why) in [
            ("localhost", AddressError::Scheme),
            ("http://localhost", AddressError::Scheme),
            ("mqtt://", AddressError::Host),
            ("mqtt://:1", AddressError::Host),
            ("mqtt://[::1", AddressError::Host),
            ("mqtt://h:0", AddressError::Port),
            ("mqtt://h:70000", AddressError::Port),
            ("mqtt://[::1]1", AddressError::Port),
            ("mqtt://%2@h", AddressError::Encoding),
            ("mqtt://%ff@h", AddressError::Encoding),
            ("mqtt://h/topic", AddressError::Path),
        ] {
            assert_eq!(Address::parse(text), Err(why), "{text}");
        }
    }
}
