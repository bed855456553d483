#![doc = include_str!("../README.md")]

pub mod container;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
pub mod sink;
pub mod source;
mod transport;
pub mod wire;

pub use flowcore_rpc::SourceMonitor as AvroSourceMonitor;
pub use flowcore_tls::{ClientAuth, ClientTls, KeyStore, ServerTls, TlsSelection};
pub use sink::{AvroSink, AvroSinkConfig};
pub use source::{AvroSource, AvroSourceConfig};
pub use transport::{Compression, LayerOrder};

/// Why a source or a sink of this crate cannot work or go on: the cause inside its error.
pub type AvroError = flowcore_rpc::RpcError<wire::Status>;
