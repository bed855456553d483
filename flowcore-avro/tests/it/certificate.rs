use flowcore_avro::{KeyStore, ServerTls};
use flowcore_testkit::Certificate;

pub(crate) fn server(certificate: &Certificate) -> ServerTls {
    ServerTls::new(certificate.pem(), certificate.key()).unwrap()
}

/// The certificate alone, for who trusts it.
pub(crate) fn trusted(certificate: &Certificate) -> KeyStore {
    KeyStore::read(&certificate.pem(), None).unwrap()
}
