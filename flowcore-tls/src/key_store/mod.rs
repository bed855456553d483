//! [`KeyStore`]: certificates and a private key, out of the files that Java, openssl and others write.
//!
//! | Format | Is known by | Read |
//! |---|---|---|
//! | PEM | `-----BEGIN` | all certificates and the first private key that is not encrypted |
//! | PKCS12 | a DER sequence | what `keytool` and `openssl` write, with their current and older ciphers |
//! | JKS | `FEEDFEED` | Java's own up to version 8 |
//! | JCEKS | `CECECECE` | not: the error names the command that makes PKCS12 of it |
//!
//! What a file is, it says itself: Java does not look at the type either where it can tell.

mod error;
mod jks;
mod pem;
mod pkcs12;
mod store;

pub use error::KeyStoreError;
pub use store::KeyStore;
