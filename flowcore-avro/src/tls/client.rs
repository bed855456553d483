use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use tokio_rustls::TlsConnector;

use super::roots::roots;
use super::trust::Lenient;
use super::{Cause, Selection};

/// Which servers a sink trusts. Certificates are PEM.
///
/// ```
/// use flowcore_avro::{AvroSinkConfig, ClientTls};
///
/// let tls = ClientTls::new().exclude_protocols(["TLSv1.2"]);
/// let config = AvroSinkConfig::new("collector", 4545).tls(tls);
/// # let _ = config;
/// ```
#[derive(Debug, Clone)]
pub struct ClientTls {
    truststore: Option<Vec<u8>>,
    trusts_all: bool,
    verifies_name: bool,
    selection: Selection,
}

impl ClientTls {
    /// Those that the system trusts.
    pub fn new() -> Self {
        Self { truststore: None, trusts_all: false, verifies_name: true, selection: Selection::default() }
    }

    /// Those whose certificates are signed by the authorities in `pem`, and no others.
    #[must_use]
    pub fn truststore(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.truststore = Some(pem.into());
        self
    }

    /// Whoever answers, if `all`: what is sent can be read and changed on its way.
    #[must_use]
    pub fn trust_all_certs(mut self, all: bool) -> Self {
        self.trusts_all = all;
        self
    }

    /// Whether the server's name must be in its certificate. Default true; Flume does not look.
    #[must_use]
    pub fn verify_hostname(mut self, verify: bool) -> Self {
        self.verifies_name = verify;
        self
    }

    /// Allows these versions alone, by their names in Java: `TLSv1.2`, `TLSv1.3`. There are no others.
    #[must_use]
    pub fn include_protocols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.protocols.include(names);
        self
    }

    /// Does not allow these versions.
    #[must_use]
    pub fn exclude_protocols(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.protocols.exclude(names);
        self
    }

    /// Allows these cipher suites alone, by their names in Java.
    #[must_use]
    pub fn include_cipher_suites(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.suites.include(names);
        self
    }

    /// Does not allow these cipher suites.
    #[must_use]
    pub fn exclude_cipher_suites(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.suites.exclude(names);
        self
    }

    pub(crate) fn connector(&self) -> Result<TlsConnector, Cause> {
        let provider = Arc::new(self.selection.provider()?);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.selection.versions()?)?;
        if !self.trusts_all && self.verifies_name {
            let roots = roots(self.truststore.as_deref())?;
            let config = builder.with_root_certificates(roots).with_no_client_auth();
            return Ok(TlsConnector::from(Arc::new(config)));
        }
        if self.trusts_all {
            tracing::warn!("every certificate is trusted: what is sent can be read and changed on its way");
        }
        let lenient = Lenient { verifier: self.verifier(&provider)?, provider };
        let config =
            builder.dangerous().with_custom_certificate_verifier(Arc::new(lenient)).with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn verifier(
        &self,
        provider: &Arc<rustls::crypto::CryptoProvider>,
    ) -> Result<Option<Arc<WebPkiServerVerifier>>, Cause> {
        if self.trusts_all {
            return Ok(None);
        }
        let roots = Arc::new(roots(self.truststore.as_deref())?);
        Ok(Some(WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build()?))
    }
}

impl Default for ClientTls {
    fn default() -> Self {
        Self::new()
    }
}
