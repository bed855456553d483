#![doc = include_str!("../README.md")]

mod error;
pub mod sink;
pub mod source;
mod transport;
pub mod wire;

pub use error::ThriftError;
pub use flowcore_tls::{ClientAuth, ClientTls, KeyStore, ServerTls, TlsSelection};
pub use sink::{ThriftSink, ThriftSinkConfig};
pub use source::{ThriftSource, ThriftSourceConfig, ThriftSourceMonitor};
pub use wire::Protocol;
