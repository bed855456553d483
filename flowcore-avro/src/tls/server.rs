use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use tokio_rustls::TlsAcceptor;

use super::roots::roots;
use super::{Cause, Selection};

/// The certificate of a source, and whom it lets in.
///
/// ```no_run
/// use flowcore_avro::{AvroSourceConfig, ServerTls};
///
/// # fn main() -> std::io::Result<()> {
/// let tls = ServerTls::new(std::fs::read("cert.pem")?, std::fs::read("key.pem")?);
/// let config = AvroSourceConfig::new("0.0.0.0", 4545).tls(tls);
/// # let _ = config;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ServerTls {
    chain: Vec<u8>,
    key: Vec<u8>,
    client_auth: ClientAuth,
    selection: Selection,
}

/// Whether clients show certificates, and which authorities (PEM) sign those.
#[derive(Debug, Clone, Default)]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They may; one that is shown must be good.
    Want(Vec<u8>),
    /// They must.
    Need(Vec<u8>),
}

impl ServerTls {
    /// A chain of certificates, its own first, and the private key, both PEM. Whether they fit is said when
    /// the source starts.
    pub fn new(chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let selection = Selection::default();
        Self { chain: chain.into(), key: key.into(), client_auth: ClientAuth::None, selection }
    }

    /// Whether clients show certificates. Default: they are not asked.
    #[must_use]
    pub fn client_auth(mut self, auth: ClientAuth) -> Self {
        self.client_auth = auth;
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

    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, Cause> {
        let provider = Arc::new(self.selection.provider()?);
        let verifier = self.verifier(&provider)?;
        let chain = CertificateDer::pem_slice_iter(&self.chain).collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.selection.versions()?)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, Cause> {
        let (pem, is_optional) = match &self.client_auth {
            ClientAuth::None => return Ok(WebPkiClientVerifier::no_client_auth()),
            ClientAuth::Want(pem) => (pem, true),
            ClientAuth::Need(pem) => (pem, false),
        };
        let roots = Arc::new(roots(Some(pem))?);
        let builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
        let builder = if is_optional { builder.allow_unauthenticated() } else { builder };
        Ok(builder.build()?)
    }
}

impl fmt::Debug for ServerTls {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("selection", &self.selection).finish_non_exhaustive()
    }
}
