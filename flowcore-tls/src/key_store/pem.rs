use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{KeyStore, KeyStoreError};

pub(super) fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(10).any(|window| window == b"-----BEGIN")
}

/// All certificates are the chain: nothing says which of them belong to the key.
pub(super) fn read(bytes: &[u8]) -> Result<KeyStore, KeyStoreError> {
    let damaged = |error: pem::Error| KeyStoreError::Damaged(Box::new(error));
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let certificates = certificates.map_err(damaged)?;
    let key = match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(key) => Some(key),
        Err(pem::Error::NoItemsFound) => None,
        Err(error) => return Err(damaged(error)),
    };
    Ok(KeyStore { chain: certificates.len(), certificates, key })
}
