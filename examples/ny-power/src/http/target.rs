use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::header::HeaderValue;

/// The address of one thing: `http` or `https`, a host, a path. No user and password.
///
/// ```
/// use ny_power::http::Target;
/// let target: Target = "http://mis.nyiso.com/public/csv/?when=now".parse()?;
/// assert_eq!(target.to_string(), "http://mis.nyiso.com/public/csv/");
/// let error = "mis.nyiso.com".parse::<Target>().unwrap_err();
/// assert_eq!(error.to_string(), "an address begins with http:// or https:// and a host");
/// # Ok::<_, ny_power::http::TargetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    uri: Uri,
    host: HeaderValue,
}

/// Why a text is no [`Target`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is something else.
    #[error("an address begins with http:// or https:// and a host")]
    Form,
    /// It has a user or a password, which nobody would send.
    #[error("an address has no user and no password")]
    Credentials,
}

impl FromStr for Target {
    type Err = TargetError;
    fn from_str(text: &str) -> Result<Self, TargetError> {
        Self::new(text.parse().map_err(|_| TargetError::Form)?)
    }
}

/// Without what is asked for: that may be long, or nobody's business.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority(), self.uri.path())
    }
}

impl Target {
    fn new(uri: Uri) -> Result<Self, TargetError> {
        let authority = uri.authority().ok_or(TargetError::Form)?.as_str();
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
            return Err(TargetError::Form);
        }
        if authority.contains('@') {
            return Err(TargetError::Credentials);
        }
        let port = authority.strip_prefix(uri.host().unwrap_or_default()).unwrap_or_default();
        if !port.is_empty() && uri.port_u16().is_none() {
            return Err(TargetError::Form);
        }
        let host = HeaderValue::from_str(authority).map_err(|_| TargetError::Form)?;
        Ok(Self { uri, host })
    }

    /// Another path, with what is asked for, on the same server. It begins with `/`.
    ///
    /// # Errors
    /// [`TargetError::Form`] for a path that is none.
    pub fn with_path(&self, path: &str) -> Result<Self, TargetError> {
        if !path.starts_with('/') {
            return Err(TargetError::Form);
        }
        format!("{}://{}{path}", self.scheme(), self.authority()).parse()
    }

    /// A file in the folder that this is, with or without a slash at its end.
    ///
    /// # Errors
    /// [`TargetError::Form`] for a name that is none.
    pub fn child(&self, name: &str) -> Result<Self, TargetError> {
        self.with_path(&format!("{}/{name}", self.uri.path().trim_end_matches('/')))
    }

    /// Where a redirect leads from here. `None` if it leads nowhere, or out of TLS.
    pub(super) fn redirected(&self, location: &HeaderValue) -> Option<Self> {
        let location = location.to_str().ok()?;
        let location = location.split_once('#').map_or(location, |(before, _)| before);
        let next = if let Some(rest) = location.strip_prefix("//") {
            format!("{}://{rest}", self.scheme()).parse().ok()?
        } else if location.split(['/', '?']).next().is_some_and(|first| first.contains(':')) {
            location.parse().ok()?
        } else if location.starts_with('/') {
            self.with_path(location).ok()?
        } else {
            let folder = self.uri.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            self.with_path(&format!("{folder}/{location}")).ok()?
        };
        (next.is_secure() || !self.is_secure()).then_some(next)
    }

    pub(super) fn is_secure(&self) -> bool {
        self.scheme() == "https"
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The value of the header `Host`.
    pub(super) fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// What a request line has.
    pub(super) fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    fn scheme(&self) -> &str {
        self.uri.scheme_str().unwrap_or_default()
    }

    fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused() {
        for text in
            ["", "/", "host", "host:80", "ftp://host/", "http:///x", "http://", "http://a b/", "http://h:x"]
        {
            assert_eq!(text.parse::<Target>(), Err(TargetError::Form), "{text}");
        }
        assert_eq!("http://user:secret@host/".parse::<Target>(), Err(TargetError::Credentials));
    }

    #[test]
    fn a_redirect_leads_from_where_it_was_given_and_never_out_of_tls() {
        let from: Target = "http://host:8080/a/b.csv?x=1".parse().unwrap();
        let next = |from: &Target, to: &str| {
            from.redirected(&HeaderValue::from_str(to).unwrap()).map(|target| target.uri.to_string())
        };
        for (to, expected) in [
            ("/c?y=2#part", "http://host:8080/c?y=2"),
            ("c.csv", "http://host:8080/a/c.csv"),
            ("//other/c", "http://other/c"),
            ("https://other/c", "https://other/c"),
        ] {
            assert_eq!(next(&from, to).as_deref(), Some(expected), "{to}");
        }
        for to in ["ftp://other/", "http://user@other/", "http:///", "//", "/a b"] {
            assert_eq!(next(&from, to), None, "{to}");
        }
        let secure: Target = "https://host/a".parse().unwrap();
        assert_eq!(next(&secure, "http://host/a"), None);
        assert_eq!(next(&secure, "//host/b").as_deref(), Some("https://host/b"));
    }

    #[test]
    fn an_address_without_a_path_asks_for_the_root() {
        let target: Target = "http://[::1]:80".parse().unwrap();
        assert_eq!((target.path_and_query(), target.host().to_str().unwrap()), ("/", "[::1]:80"));
    }
}
