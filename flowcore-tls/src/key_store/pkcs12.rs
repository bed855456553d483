use p12_keystore::error::Error;
use p12_keystore::{CertificateBag, Pkcs12Archive, PrivateKeyBag};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{KeyStore, KeyStoreError};

/// The first private key with its chain, then the other certificates.
pub(super) fn read(bytes: &[u8], password: &str) -> Result<KeyStore, KeyStoreError> {
    let Pkcs12Archive { keys, mut certs, .. } = Pkcs12Archive::from_pkcs12(bytes, password).map_err(said)?;
    let mut certificates = Vec::new();
    let mut next = keys.first().and_then(|key| leaf(key, &certs));
    while let Some(at) = next {
        let bag = certs.remove(at);
        next = certs.iter().position(|other| other.cert.subject() == bag.cert.issuer());
        certificates.push(der(&bag));
    }
    let chain = certificates.len();
    certificates.extend(certs.iter().map(der));
    let key = keys.first().map(|key| PrivatePkcs8KeyDer::from(key.key.as_der().to_vec()));
    Ok(KeyStore { certificates, chain, key: key.map(PrivateKeyDer::from) })
}

/// Where the certificate of a key is: it has the same number, or is the first of all.
fn leaf(key: &PrivateKeyBag, certs: &[CertificateBag]) -> Option<usize> {
    let id = key.local_key_id.as_ref().map(AsRef::as_ref);
    let numbered = certs.iter().position(|bag| id.is_some() && bag.local_key_id.as_deref() == id);
    numbered.or((!certs.is_empty()).then_some(0))
}

fn der(bag: &CertificateBag) -> CertificateDer<'static> {
    CertificateDer::from(bag.cert.as_der().to_vec())
}

fn said(error: Error) -> KeyStoreError {
    match error {
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => KeyStoreError::Password,
        Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => KeyStoreError::Protection,
        other => KeyStoreError::Damaged(Box::new(other)),
    }
}
