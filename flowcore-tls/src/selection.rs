use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::version::{TLS12, TLS13};

use crate::TlsError;

/// Java's names of the versions that there are.
const PROTOCOLS: [(&str, &SupportedProtocolVersion); 2] = [("TLSv1.2", &TLS12), ("TLSv1.3", &TLS13)];

/// Whether a version of this name, as Java has it, can be spoken.
///
/// ```
/// use flowcore_tls::is_protocol;
/// assert!(is_protocol("TLSv1.3") && !is_protocol("SSLv3"));
/// ```
pub fn is_protocol(name: &str) -> bool {
    PROTOCOLS.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
}

/// Whether there is a cipher suite of this name, as Java has it.
///
/// ```
/// use flowcore_tls::is_cipher_suite;
/// assert!(is_cipher_suite("TLS_AES_256_GCM_SHA384"));
/// assert!(!is_cipher_suite("SSL_RSA_WITH_RC4_128_MD5"));
/// ```
pub fn is_cipher_suite(name: &str) -> bool {
    let suites = rustls::crypto::ring::default_provider().cipher_suites;
    suites.iter().any(|suite| java_name(&format!("{:?}", suite.suite())).eq_ignore_ascii_case(name))
}

/// Which versions and cipher suites are allowed, by their Java names: those that are included, or all that
/// there are, without those that are excluded.
///
/// ```
/// use flowcore_tls::{ClientTls, TlsSelection};
///
/// let allowed = TlsSelection::new()
///     .exclude_protocols(["TLSv1.2"])
///     .include_cipher_suites(["TLS_AES_256_GCM_SHA384"]);
/// let tls = ClientTls::new().allow(allowed);
/// # let _ = tls;
/// ```
#[derive(Debug, Clone, Default)]
pub struct TlsSelection {
    protocols: Names,
    suites: Names,
}

#[derive(Debug, Clone, Default)]
struct Names {
    included: Vec<String>,
    excluded: Vec<String>,
}

impl Names {
    fn allow(&self, name: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|it| it.eq_ignore_ascii_case(name));
        (self.included.is_empty() || named(&self.included)) && !named(&self.excluded)
    }
}

impl TlsSelection {
    /// All that there are.
    pub fn new() -> Self {
        Self::default()
    }

    /// These versions alone, by their names in Java: `TLSv1.2`, `TLSv1.3`. There are no others.
    #[must_use]
    pub fn include_protocols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.protocols.included.extend(names.into_iter().map(Into::into));
        self
    }

    /// Not these versions.
    #[must_use]
    pub fn exclude_protocols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.protocols.excluded.extend(names.into_iter().map(Into::into));
        self
    }

    /// These cipher suites alone, by their names in Java.
    #[must_use]
    pub fn include_cipher_suites(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.suites.included.extend(names.into_iter().map(Into::into));
        self
    }

    /// Not these cipher suites.
    #[must_use]
    pub fn exclude_cipher_suites(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.suites.excluded.extend(names.into_iter().map(Into::into));
        self
    }

    pub(crate) fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, TlsError> {
        let allowed = PROTOCOLS.into_iter().filter(|(name, _)| self.protocols.allow(name));
        let versions: Vec<_> = allowed.map(|(_, version)| version).collect();
        if versions.is_empty() { Err(TlsError::NoProtocol) } else { Ok(versions) }
    }

    pub(crate) fn provider(&self) -> Result<CryptoProvider, TlsError> {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites.retain(|suite| self.suites.allow(&java_name(&format!("{:?}", suite.suite()))));
        if provider.cipher_suites.is_empty() { Err(TlsError::NoCipherSuite) } else { Ok(provider) }
    }
}

/// Java has no other prefix for the suites of TLS 1.3.
fn java_name(name: &str) -> String {
    name.replacen("TLS13_", "TLS_", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_included_without_what_is_excluded_is_allowed() {
        let all = TlsSelection::new();
        assert_eq!(all.versions().unwrap().len(), 2);
        let old = all.exclude_protocols(["TLSv1.3"]);
        assert_eq!(old.versions().unwrap(), [&TLS12]);
        assert!(old.include_protocols(["TLSv1.3"]).versions().is_err());
    }

    #[test]
    fn cipher_suites_have_their_java_names() {
        let all = TlsSelection::new();
        let count = |selection: &TlsSelection| selection.provider().unwrap().cipher_suites.len();
        let two = ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"];
        let fewer = all.clone().exclude_cipher_suites(two);
        assert_eq!(count(&fewer), count(&all) - 2);
        assert!(fewer.include_cipher_suites(["SSL_RSA_WITH_RC4_128_MD5"]).provider().is_err());
    }
}
