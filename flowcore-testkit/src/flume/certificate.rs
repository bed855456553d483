use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A certificate for `localhost` that is its own authority, with its key; as PEM and for Java. Made by
/// `openssl`, and for those who trust it by Java's `keytool`.
#[derive(Debug)]
pub struct Certificate {
    folder: TempDir,
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
impl Certificate {
    /// Of the [store](Self::store) and the [trust store](Self::truststore).
    pub const PASSWORD: &str = "changeit";

    /// A new one.
    ///
    /// # Panics
    /// When there is no `openssl`.
    pub fn make() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let request = "req -x509 -newkey rsa:2048 -nodes -days 30 -keyout key.pem -out cert.pem \
                       -subj /CN=localhost -addext subjectAltName=DNS:localhost \
                       -addext basicConstraints=critical,CA:FALSE";
        run("openssl", folder.path(), request);
        let store = "pkcs12 -export -in cert.pem -inkey key.pem -out store.p12 -passout pass:changeit";
        run("openssl", folder.path(), store);
        Self { folder }
    }

    /// The certificate.
    ///
    /// # Panics
    /// When somebody has removed it.
    pub fn pem(&self) -> Vec<u8> {
        std::fs::read(self.pem_path()).expect("it was made")
    }

    /// Its private key, as PEM.
    ///
    /// # Panics
    /// When somebody has removed it.
    pub fn key(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("key.pem")).expect("it was made")
    }

    /// The file of [`pem`](Self::pem).
    pub fn pem_path(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Both as PKCS12, with [`PASSWORD`](Self::PASSWORD).
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store.p12")
    }

    /// The certificate alone as PKCS12 that Java trusts, with [`PASSWORD`](Self::PASSWORD).
    ///
    /// # Panics
    /// When there is no `keytool`.
    pub fn truststore(&self) -> PathBuf {
        let import = "-importcert -noprompt -alias server -file cert.pem -keystore trust.p12 -storetype PKCS12 \
                      -storepass changeit";
        let file = self.folder.path().join("trust.p12");
        if !file.exists() {
            run("keytool", self.folder.path(), import);
        }
        file
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
fn run(program: &str, folder: &Path, arguments: &str) {
    let made = Command::new(program)
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl and java are installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
