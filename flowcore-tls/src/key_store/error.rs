use std::error::Error;

/// Why a key store cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// It is none of the formats.
    #[error("it is neither PEM nor PKCS12 nor JKS")]
    Unknown,
    /// A format that is not read.
    #[error(
        "it is of type {0}, which is not read; make PKCS12 of it: \
         keytool -importkeystore -srckeystore OLD -srcstoretype {0} -destkeystore NEW.p12 -deststoretype PKCS12"
    )]
    Unsupported(&'static str),
    /// The password is wrong, or the file was changed.
    #[error("the password is wrong, or the file is damaged")]
    Password,
    /// There is none.
    #[error("it needs a password")]
    NoPassword,
    /// The private key has a cipher of its own.
    #[error(
        "its private key is protected in an unknown way; make PKCS12 of it: \
         keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12"
    )]
    Protection,
    /// It ends too early or holds what it should not.
    #[error("it is damaged")]
    Damaged(#[source] Box<dyn Error + Send + Sync>),
}
