use rustls::RootCertStore;

use crate::{KeyStore, TlsError};

/// The authorities in `store` alone, or without one those of the system.
pub(crate) fn roots(store: Option<&KeyStore>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    match store {
        Some(store) => {
            for certificate in store.certificates() {
                roots.add(certificate.clone()).map_err(TlsError::certificates)?;
            }
        }
        None => {
            // Files of the system's that cannot be read do not matter, as long as there are others.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() { Err(TlsError::NoAuthority) } else { Ok(roots) }
}
