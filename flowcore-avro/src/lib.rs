#![doc = include_str!("../README.md")]

pub mod container;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
pub mod sink;
pub mod source;
mod transport;
pub mod wire;

pub use error::AvroError;
pub use flowcore_tls::{ClientAuth, ClientTls, KeyStore, ServerTls, TlsSelection};
pub use sink::{AvroSink, AvroSinkConfig};
pub use source::{AvroSource, AvroSourceConfig, AvroSourceMonitor};
pub use transport::{Compression, LayerOrder};
