use std::fs;
use std::path::Path;

use flowcore_testkit::{Certificate, Random};
use flowcore_tls::{KeyStore, KeyStoreError, ServerTls};

use crate::keytool::{PASSWORD, run, store, trust};

fn read(path: &Path) -> KeyStore {
    KeyStore::read(&fs::read(path).unwrap(), Some(PASSWORD)).unwrap()
}

#[test]
fn stores_of_keytool_have_a_key_and_its_chain() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["PKCS12", "JKS"] {
        let own = read(&store(folder.path(), &format!("own.{kind}"), kind));
        assert!(own.has_key(), "{kind}");
        assert_eq!(own.certificate_count(), 1, "{kind}");
        ServerTls::from_store(own).acceptor().unwrap();
        let trusted = read(&trust(folder.path(), &format!("own.{kind}"), &format!("trust.{kind}"), kind));
        assert!(!trusted.has_key(), "{kind}");
        assert_eq!(trusted.certificate_count(), 1, "{kind}");
    }
}

#[test]
fn stores_of_openssl_are_read_with_new_and_old_ciphers() {
    let certificate = Certificate::make();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), certificate.key()).unwrap();
    let export = format!("pkcs12 -export -in cert.pem -inkey key.pem -passout pass:{PASSWORD}");
    run(folder.path(), "openssl", &format!("{export} -out new.p12"));
    run(folder.path(), "openssl", &format!("{export} -legacy -out old.p12"));
    for file in ["new.p12", "old.p12"] {
        ServerTls::from_store(read(&folder.path().join(file))).acceptor().unwrap();
    }
}

#[test]
fn pem_is_read_in_any_order_and_with_text_around_it() {
    let certificate = Certificate::make();
    let text = [b"subject=localhost\n".to_vec(), certificate.key(), certificate.pem()].concat();
    let both = KeyStore::read(&text, None).unwrap();
    ServerTls::from_store(both).acceptor().unwrap();
    let alone = KeyStore::read(&certificate.pem(), None).unwrap();
    assert_eq!((alone.has_key(), alone.certificate_count()), (false, 1));
    let error = ServerTls::from_store(alone).acceptor().unwrap_err();
    assert_eq!(error.to_string(), "there is no private key");
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["PKCS12", "JKS"] {
        let bytes = fs::read(store(folder.path(), kind, kind)).unwrap();
        let wrong = KeyStore::read(&bytes, Some("wrong!")).unwrap_err();
        assert!(matches!(wrong, KeyStoreError::Password), "{kind}: {wrong}");
        let none = KeyStore::read(&bytes, None).unwrap_err();
        assert!(matches!(none, KeyStoreError::NoPassword), "{kind}: {none}");
    }
    let jceks = fs::read(store(folder.path(), "jceks", "JCEKS")).unwrap();
    let said = KeyStore::read(&jceks, Some(PASSWORD)).unwrap_err().to_string();
    assert!(said.contains("keytool -importkeystore") && said.contains("-deststoretype PKCS12"), "{said}");
    for nothing in [&b""[..], b"hello", b"\xFE\xED"] {
        assert!(matches!(KeyStore::read(nothing, Some("")), Err(KeyStoreError::Unknown)), "{nothing:?}");
    }
}

#[test]
fn stores_that_were_changed_at_random_are_refused_and_nothing_else() {
    let seed = 71;
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let jks = fs::read(store(folder.path(), "jks", "JKS")).unwrap();
    for _ in 0..2000 {
        let mut bytes = jks.clone();
        let at = 4 + random.index(bytes.len() - 4);
        bytes[at] ^= 1 << random.index(8);
        bytes.truncate(if random.index(2) == 0 { bytes.len() } else { at });
        assert!(KeyStore::read(&bytes, Some(PASSWORD)).is_err(), "byte {at}");
    }
}
