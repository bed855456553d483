use flowcore_avro::ServerTls;
use flowcore_testkit::Certificate;

pub(crate) fn server(certificate: &Certificate) -> ServerTls {
    ServerTls::new(certificate.pem(), certificate.key())
}
