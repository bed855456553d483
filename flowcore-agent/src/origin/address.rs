use std::path::PathBuf;

use super::contents::Origin;

/// Where a file is on a web server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebAddress {
    pub(crate) is_secure: bool,
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Path and query.
    pub(crate) path: String,
    /// Host and port as they were written.
    pub(crate) authority: String,
}

/// Why a text is no address of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("{0}: a class path is not there; name the file")]
    ClassPath(String),
    #[error("{address}: {scheme}: is none of file:, http: and https:")]
    Scheme { address: String, scheme: String },
    #[error("{0}: is no address with a host")]
    Host(String),
    #[error("{0}: name and password belong into --conf-user and --conf-password")]
    Credentials(String),
}

/// What `--conf-uri` says: a URI, or a path.
pub(crate) fn origin(text: &str) -> Result<Origin, AddressError> {
    let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Ok(Origin::File(PathBuf::from(text)));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "file" => Ok(Origin::File(file(rest))),
        "http" => web(text, rest, false),
        "https" => web(text, rest, true),
        "classpath" => Err(AddressError::ClassPath(text.to_owned())),
        scheme => Err(AddressError::Scheme { address: text.to_owned(), scheme: scheme.to_owned() }),
    }
}

fn is_scheme(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// `file:/x`, `file:///x` and `file://localhost/x`.
fn file(rest: &str) -> PathBuf {
    let path = rest.strip_prefix("//").map_or(rest, |rest| rest.strip_prefix("localhost").unwrap_or(rest));
    PathBuf::from(unescaped(path))
}

/// `%20` is a blank.
fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn web(text: &str, rest: &str, is_secure: bool) -> Result<Origin, AddressError> {
    let no_host = || AddressError::Host(shown(text));
    let rest = rest.strip_prefix("//").ok_or_else(no_host)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.contains('@') {
        return Err(AddressError::Credentials(shown(text)));
    }
    let path = path.split('#').next().unwrap_or("");
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let is_clean = |part: &str| part.bytes().all(|byte| byte.is_ascii_graphic());
    let (host, port) = host_and_port(authority, if is_secure { 443 } else { 80 }).ok_or_else(no_host)?;
    if host.is_empty() || !is_clean(authority) || !is_clean(&path) {
        return Err(no_host());
    }
    let (host, authority) = (host.to_owned(), authority.to_owned());
    Ok(Origin::Web(WebAddress { is_secure, host, port, path, authority }))
}

fn host_and_port(authority: &str, default: u16) -> Option<(&str, u16)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, port.parse().ok()?)),
            None => rest.is_empty().then_some((host, default)),
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((authority, default)),
    }
}

/// Without a password.
fn shown(text: &str) -> String {
    match text.split_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}

impl std::fmt::Display for WebAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web_of(text: &str) -> Option<(bool, String, u16, String)> {
        match origin(text) {
            Ok(Origin::Web(web)) => Some((web.is_secure, web.host, web.port, web.path)),
            _ => None,
        }
    }

    #[test]
    fn files_are_named_by_uris_and_by_paths() {
        for (text, path) in [
            ("flume.conf", "flume.conf"),
            ("/etc/flume.conf", "/etc/flume.conf"),
            ("file:///etc/flume%20a.conf", "/etc/flume a.conf"),
            ("file:/etc/flume.conf", "/etc/flume.conf"),
            ("FILE://localhost/etc/100%.conf", "/etc/100%.conf"),
        ] {
            assert_eq!(origin(text), Ok(Origin::File(path.into())), "{text}");
        }
    }

    #[test]
    fn web_addresses_have_a_host_a_port_and_a_path() {
        let is =
            |secure: bool, host: &str, port: u16, path: &str| Some((secure, host.into(), port, path.into()));
        assert_eq!(web_of("http://conf/a.properties"), is(false, "conf", 80, "/a.properties"));
        assert_eq!(web_of("https://conf:8443?x=1#top"), is(true, "conf", 8443, "/?x=1"));
        assert_eq!(web_of("http://[::1]:80/x"), is(false, "::1", 80, "/x"));
        for bad in ["http:///x", "http:x", "http://a:b/", "http://a:99999/", "http://[::1/", "http://a/b c"] {
            assert!(matches!(origin(bad), Err(AddressError::Host(_))), "{bad}");
        }
    }

    #[test]
    fn what_is_not_there_says_what_to_do_and_shows_no_password() {
        let said = |text: &str| origin(text).unwrap_err().to_string();
        assert_eq!(said("classpath:a.conf"), "classpath:a.conf: a class path is not there; name the file");
        assert!(said("ftp://a/b").contains("none of file:, http: and https:"));
        let secret = said("https://me:geheim@conf/x");
        assert!(secret.contains("--conf-password") && !secret.contains("geheim"), "{secret}");
    }
}
