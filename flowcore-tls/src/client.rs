use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;

use crate::roots::roots;
use crate::trust::Trust;
use crate::{KeyStore, TlsConnector, TlsError, TlsSelection};

/// Which servers a sink trusts.
///
/// ```
/// use flowcore_tls::{ClientTls, TlsSelection};
///
/// let tls = ClientTls::new().allow(TlsSelection::new().exclude_protocols(["TLSv1.2"]));
/// # let _ = tls;
/// ```
#[derive(Debug, Clone)]
pub struct ClientTls {
    truststore: Option<KeyStore>,
    trusts_all: bool,
    verifies_name: bool,
    selection: TlsSelection,
}

impl ClientTls {
    /// Those that the system trusts.
    pub fn new() -> Self {
        Self { truststore: None, trusts_all: false, verifies_name: true, selection: TlsSelection::new() }
    }

    /// Those whose certificates are in `store` or signed by such, and no others.
    #[must_use]
    pub fn truststore(mut self, store: KeyStore) -> Self {
        self.truststore = Some(store);
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

    /// Allows these versions and cipher suites alone. Default: all that there are.
    #[must_use]
    pub fn allow(mut self, selection: TlsSelection) -> Self {
        self.selection = selection;
        self
    }

    /// Ready for connections.
    ///
    /// # Errors
    /// [`TlsError`] when nobody is trusted, or nothing is allowed.
    pub fn connector(&self) -> Result<TlsConnector, TlsError> {
        let provider = Arc::new(self.selection.provider()?);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.selection.versions()?)
            .map_err(TlsError::certificates)?;
        if self.trusts_all {
            tracing::warn!("every certificate is trusted: what is sent can be read and changed on its way");
        }
        let trust = Trust {
            verifier: self.verifier(&provider)?,
            known: self.truststore.as_ref().map_or_else(Vec::new, |store| store.certificates().to_vec()),
            verifies_name: self.verifies_name,
            provider,
        };
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(trust));
        Ok(TlsConnector::new(builder.with_no_client_auth()))
    }

    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<WebPkiServerVerifier>>, TlsError> {
        if self.trusts_all {
            return Ok(None);
        }
        let roots = Arc::new(roots(self.truststore.as_ref())?);
        let builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider));
        builder.build().map(Some).map_err(TlsError::certificates)
    }
}

impl Default for ClientTls {
    fn default() -> Self {
        Self::new()
    }
}
