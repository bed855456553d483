use std::fmt;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{KeyStoreError, jks, pem, pkcs12};

/// Certificates, and perhaps the private key to the first of them.
///
/// ```no_run
/// use flowcore_tls::{KeyStore, ServerTls};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = KeyStore::read(&std::fs::read("server.p12")?, Some("changeit"))?;
/// let tls = ServerTls::from_store(store);
/// # let _ = tls;
/// # Ok(()) }
/// ```
pub struct KeyStore {
    /// The chain of the key, its own first; then others.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// How many of the certificates are the chain.
    pub(super) chain: usize,
    pub(super) key: Option<PrivateKeyDer<'static>>,
}

impl KeyStore {
    /// What is in the bytes of a file. PEM needs no password.
    ///
    /// # Errors
    /// [`KeyStoreError`]; it says what to do about a format that is not read.
    pub fn read(bytes: &[u8], password: Option<&str>) -> Result<Self, KeyStoreError> {
        let password = || password.ok_or(KeyStoreError::NoPassword);
        match bytes {
            [0xFE, 0xED, 0xFE, 0xED, ..] => jks::read(bytes, password()?),
            [0xCE, 0xCE, 0xCE, 0xCE, ..] => Err(KeyStoreError::Unsupported("JCEKS")),
            [0x30, ..] => pkcs12::read(bytes, password()?),
            _ if pem::is_pem(bytes) => pem::read(bytes),
            _ => Err(KeyStoreError::Unknown),
        }
    }

    /// All certificates.
    pub(crate) fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// The certificates of the private key, its own first, and the key.
    pub(crate) fn identity(&self) -> Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        let key = self.key.as_ref()?.clone_key();
        Some((self.certificates[..self.chain].to_vec(), key))
    }

    /// Whether there is a private key.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// How many certificates there are.
    pub fn certificate_count(&self) -> usize {
        self.certificates.len()
    }
}

impl Clone for KeyStore {
    fn clone(&self) -> Self {
        let key = self.key.as_ref().map(PrivateKeyDer::clone_key);
        Self { certificates: self.certificates.clone(), chain: self.chain, key }
    }
}

impl fmt::Debug for KeyStore {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore")
            .field("certificates", &self.certificates.len())
            .field("has_key", &self.has_key())
            .finish_non_exhaustive()
    }
}
