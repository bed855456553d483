use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;

use crate::roots::roots;
use crate::{KeyStore, KeyStoreError, TlsAcceptor, TlsError, TlsSelection};

/// The certificate of a source, and whom it lets in.
///
/// ```no_run
/// use flowcore_tls::{ServerTls, TlsSelection};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = ServerTls::new(std::fs::read("cert.pem")?, std::fs::read("key.pem")?)?;
/// let acceptor = tls.allow(TlsSelection::new().exclude_protocols(["TLSv1.2"])).acceptor()?;
/// # let _ = acceptor;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ServerTls {
    store: KeyStore,
    client_auth: ClientAuth,
    selection: TlsSelection,
}

/// Whether clients show certificates, and which authorities sign those.
#[derive(Debug, Clone, Default)]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They may; one that is shown must be good.
    Want(KeyStore),
    /// They must.
    Need(KeyStore),
}

impl ServerTls {
    /// A chain of certificates, its own first, and the private key, both PEM.
    ///
    /// # Errors
    /// [`KeyStoreError`] when they are not PEM. Whether they fit is said by [`acceptor`](Self::acceptor).
    pub fn new(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, KeyStoreError> {
        let both = [chain.as_ref(), key.as_ref()].join(&b'\n');
        KeyStore::read(&both, None).map(Self::from_store)
    }

    /// The private key of `store`, and its certificates.
    pub fn from_store(store: KeyStore) -> Self {
        Self { store, client_auth: ClientAuth::None, selection: TlsSelection::new() }
    }

    /// Whether clients show certificates. Default: they are not asked.
    #[must_use]
    pub fn client_auth(mut self, auth: ClientAuth) -> Self {
        self.client_auth = auth;
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
    /// [`TlsError`] when certificates and key do not fit, or nothing is allowed.
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let provider = Arc::new(self.selection.provider()?);
        let verifier = self.verifier(&provider)?;
        let (chain, key) = self.store.identity().ok_or(TlsError::NoKey)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.selection.versions()?)
            .map_err(TlsError::certificates)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(TlsError::certificates)?;
        Ok(TlsAcceptor::new(config))
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let (store, is_optional) = match &self.client_auth {
            ClientAuth::None => return Ok(WebPkiClientVerifier::no_client_auth()),
            ClientAuth::Want(store) => (store, true),
            ClientAuth::Need(store) => (store, false),
        };
        let roots = Arc::new(roots(Some(store))?);
        let builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
        let builder = if is_optional { builder.allow_unauthenticated() } else { builder };
        builder.build().map_err(TlsError::certificates)
    }
}

impl fmt::Debug for ServerTls {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("selection", &self.selection).finish_non_exhaustive()
    }
}
