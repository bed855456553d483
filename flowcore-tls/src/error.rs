use std::error::Error;

/// Why TLS cannot be set up: trying again does not help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// What is included and excluded leaves no version.
    #[error("neither TLSv1.2 nor TLSv1.3 is allowed")]
    NoProtocol,
    /// What is included and excluded leaves no cipher suite.
    #[error("no cipher suite is allowed")]
    NoCipherSuite,
    /// There is nobody who could be trusted.
    #[error("there is no certificate of an authority")]
    NoAuthority,
    /// A server without a private key.
    #[error("there is no private key")]
    NoKey,
    /// The certificates, or the key to them, are of no use.
    #[error("the certificates cannot be used")]
    Certificates(#[source] Box<dyn Error + Send + Sync>),
}

impl TlsError {
    pub(crate) fn certificates(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Certificates(cause.into())
    }
}
