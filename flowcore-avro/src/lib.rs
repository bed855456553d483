#![doc = include_str!("../README.md")]

mod error;
pub mod sink;
pub mod source;
mod tls;
mod transport;
pub mod wire;

pub use error::AvroError;
pub use sink::{AvroSink, AvroSinkConfig};
pub use source::{AvroSource, AvroSourceConfig, AvroSourceMonitor};
pub use tls::{ClientAuth, ClientTls, LayerOrder, ServerTls};
pub use transport::Compression;
