use std::path::{Path, PathBuf};
use std::process::Command;

use flowcore_avro::ServerTls;
use tempfile::TempDir;

/// A certificate for this machine that is its own authority, with its key; as PEM and for Java.
pub(crate) struct Certificate {
    folder: TempDir,
}

pub(crate) const PASSWORD: &str = "changeit";

impl Certificate {
    pub(crate) fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = "req -x509 -newkey rsa:2048 -nodes -days 30 -keyout key.pem -out cert.pem \
                       -subj /CN=localhost -addext subjectAltName=DNS:localhost \
                       -addext basicConstraints=critical,CA:FALSE";
        openssl(folder.path(), request);
        let store = "pkcs12 -export -in cert.pem -inkey key.pem -out store.p12 -passout pass:changeit";
        openssl(folder.path(), store);
        Self { folder }
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("cert.pem")).unwrap()
    }

    pub(crate) fn server(&self) -> ServerTls {
        ServerTls::new(self.pem(), std::fs::read(self.folder.path().join("key.pem")).unwrap())
    }

    /// PKCS12, with [`PASSWORD`].
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store.p12")
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
