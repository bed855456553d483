use std::str::FromStr;

use hyper::Uri;
use hyper::header::HeaderValue;

use super::HttpSinkError;

/// Where to post to.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub(super) is_tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// As the header `Host` has it.
    pub(super) authority: HeaderValue,
    pub(super) path: Uri,
}

impl Endpoint {
    pub(super) fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl FromStr for Endpoint {
    type Err = HttpSinkError;

    fn from_str(endpoint: &str) -> Result<Self, HttpSinkError> {
        let wrong = || HttpSinkError::Endpoint { endpoint: without_user(endpoint) };
        let uri: Uri = endpoint.trim().parse().map_err(|_| wrong())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let named = uri.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let path = uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
        Ok(Self {
            is_tls,
            host: host.to_owned(),
            port,
            authority: HeaderValue::from_str(&named).map_err(|_| wrong())?,
            path: path.parse().map_err(|_| wrong())?,
        })
    }
}

/// A password is not shown.
fn without_user(endpoint: &str) -> String {
    match (endpoint.find("://"), endpoint.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}…{}", &endpoint[..scheme + 3], &endpoint[at..]),
        _ => endpoint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(endpoint: &str) -> Option<(bool, String, u16, String, String)> {
        let Endpoint { is_tls, host, port, authority, path } = endpoint.parse().ok()?;
        Some((is_tls, host, port, authority.to_str().ok()?.to_owned(), path.to_string()))
    }

    #[test]
    fn an_endpoint_has_scheme_host_port_and_path() {
        let row = |tls, host: &str, port, authority: &str, path: &str| {
            Some((tls, host.to_owned(), port, authority.to_owned(), path.to_owned()))
        };
        assert_eq!(read("http://h"), row(false, "h", 80, "h", "/"));
        assert_eq!(read("https://h/a?b=c"), row(true, "h", 443, "h", "/a?b=c"));
        assert_eq!(read("http://u:p@h:8080/a"), row(false, "h", 8080, "h:8080", "/a"));
        assert_eq!(read("http://[::1]:9/"), row(false, "[::1]", 9, "[::1]:9", "/"));
        for wrong in ["", "h", "h:80", "ftp://h/", "http://", "http://a b/"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let error = Endpoint::from_str("ftp://me:secret@h/").unwrap_err().to_string();
        assert!(!error.contains("secret") && error.contains("@h/"), "{error}");
    }
}
