#![doc = include_str!("../README.md")]

pub mod sink;
pub mod source;
pub mod wire;

pub use flowcore_rpc::SourceMonitor as ThriftSourceMonitor;
pub use flowcore_tls::{ClientAuth, ClientTls, KeyStore, ServerTls, TlsSelection};
pub use sink::{ThriftSink, ThriftSinkConfig};
pub use source::{ThriftSource, ThriftSourceConfig};
pub use wire::Protocol;

/// Why a source or a sink of this crate cannot work or go on: the cause inside its error.
pub type ThriftError = flowcore_rpc::RpcError<wire::Status>;
