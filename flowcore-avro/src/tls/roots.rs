use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::Cause;

/// The authorities in `pem` alone, or without one those of the system.
pub(super) fn roots(pem: Option<&[u8]>) -> Result<RootCertStore, Cause> {
    let mut roots = RootCertStore::empty();
    match pem {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                roots.add(certificate?)?;
            }
        }
        None => {
            // Files of the system's that cannot be read do not matter, as long as there are others.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() { Err("there is no certificate of an authority".into()) } else { Ok(roots) }
}
