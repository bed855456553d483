use std::fs;
use std::path::Path;

use flowcore_testkit::Certificate;
use flowcore_tls::{ClientAuth, ClientTls, KeyStore, ServerTls, TlsSelection};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use crate::keytool::{PASSWORD, run, store, trust};

fn read(path: &Path) -> KeyStore {
    KeyStore::read(&fs::read(path).unwrap(), Some(PASSWORD)).unwrap()
}

/// Whether a client and a server come together and understand each other, and else why the client does not.
async fn talk(server: &ServerTls, client: &ClientTls, host: &str) -> Result<(), String> {
    let (acceptor, connector) = (server.acceptor().unwrap(), client.connector().unwrap());
    let (near, far) = duplex(1 << 16);
    let serve = async {
        let mut stream = acceptor.accept(far).await?;
        let mut word = [0; 4];
        stream.read_exact(&mut word).await?;
        stream.write_all(&word).await?;
        stream.shutdown().await
    };
    let ask = async {
        let mut stream = connector.connect(host, near).await?;
        stream.write_all(b"word").await?;
        stream.flush().await?;
        let mut word = [0; 4];
        stream.read_exact(&mut word).await?;
        assert_eq!(&word, b"word");
        Ok::<(), std::io::Error>(())
    };
    let (end, asked) = tokio::join!(serve, ask);
    asked.and(end).map_err(|error| error.to_string())
}

fn pem(certificate: &Certificate) -> KeyStore {
    KeyStore::read(&certificate.pem(), None).unwrap()
}

fn server(certificate: &Certificate) -> ServerTls {
    ServerTls::new(certificate.pem(), certificate.key()).unwrap()
}

#[tokio::test]
async fn stores_of_keytool_serve_and_are_trusted() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["PKCS12", "JKS"] {
        let own = ServerTls::from_store(read(&store(folder.path(), kind, kind)));
        let trusted = read(&trust(folder.path(), kind, &format!("trust.{kind}"), kind));
        let client = ClientTls::new().truststore(trusted);
        assert_eq!(talk(&own, &client, "localhost").await, Ok(()), "{kind}");
        let why = talk(&own, &client, "127.0.0.1").await.unwrap_err();
        assert!(why.contains("not valid for"), "{why}");
    }
}

#[tokio::test]
async fn each_limit_of_versions_and_suites_holds() {
    let certificate = Certificate::make();
    let client = ClientTls::new().truststore(pem(&certificate));
    let suite = "TLS_AES_128_GCM_SHA256";
    let old = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
    let all = TlsSelection::new;
    let of = |allowed| server(&certificate).allow(allowed);
    let new_only = client.clone().allow(all().include_protocols(["TLSv1.3"]));
    let old_only = client.clone().allow(all().exclude_protocols(["SSLv3", "TLSv1.3"]));
    for (server, client, expected) in [
        (of(all().include_protocols(["TLSv1.2"])), &client, true),
        (of(all().include_protocols(["TLSv1.2"])), &new_only, false),
        (of(all().exclude_protocols(["TLSv1.3"])), &new_only, false),
        (of(all().exclude_protocols(["TLSv1.2"])), &old_only, false),
        (of(all().exclude_protocols(["SSLv3"])), &old_only, true),
        (of(all().include_cipher_suites([suite])), &new_only, true),
        (of(all().include_cipher_suites([suite])), &old_only, false),
        (of(all().include_cipher_suites([suite, old])), &old_only, true),
        (of(all().include_cipher_suites([suite, old]).exclude_cipher_suites([old])), &old_only, false),
    ] {
        assert_eq!(talk(&server, client, "localhost").await.is_ok(), expected, "{server:?} {client:?}");
    }
}

#[tokio::test]
async fn an_authority_that_is_known_itself_may_serve_and_another_may_not() {
    let folder = tempfile::tempdir().unwrap();
    // What `openssl req -x509` makes unless it is told otherwise.
    let request = "req -x509 -newkey rsa:2048 -nodes -days 30 -keyout key.pem -out cert.pem \
                   -subj /CN=localhost -addext subjectAltName=DNS:localhost";
    run(folder.path(), "openssl", request);
    let file = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let server = ServerTls::new(file("cert.pem"), file("key.pem")).unwrap();
    let knowing = ClientTls::new().truststore(KeyStore::read(&file("cert.pem"), None).unwrap());
    assert_eq!(talk(&server, &knowing, "localhost").await, Ok(()));
    assert!(talk(&server, &knowing, "elsewhere").await.is_err());
    assert_eq!(talk(&server, &knowing.clone().verify_hostname(false), "elsewhere").await, Ok(()));
    let other = ClientTls::new().truststore(pem(&Certificate::make())).verify_hostname(false);
    assert!(talk(&server, &other, "localhost").await.is_err());
    assert_eq!(talk(&server, &other.trust_all_certs(true), "elsewhere").await, Ok(()));
}

#[tokio::test]
async fn clients_that_must_show_a_certificate_and_have_none_are_refused() {
    let certificate = Certificate::make();
    let client = ClientTls::new().truststore(pem(&certificate));
    let need = server(&certificate).client_auth(ClientAuth::Need(pem(&certificate)));
    assert!(talk(&need, &client, "localhost").await.is_err());
    let want = server(&certificate).client_auth(ClientAuth::Want(pem(&certificate)));
    assert_eq!(talk(&want, &client, "localhost").await, Ok(()));
}

#[test]
fn a_selection_that_leaves_nothing_is_an_error() {
    let certificate = Certificate::make();
    let none =
        server(&certificate).allow(TlsSelection::new().include_protocols(["SSLv3"])).acceptor().unwrap_err();
    assert_eq!(none.to_string(), "neither TLSv1.2 nor TLSv1.3 is allowed");
    let none = ClientTls::new()
        .allow(TlsSelection::new().include_cipher_suites(["SSL_RSA_WITH_RC4_128_MD5"]))
        .connector()
        .unwrap_err();
    assert_eq!(none.to_string(), "no cipher suite is allowed");
}
