#![doc = include_str!("../README.md")]

mod error;
pub mod protocol;
pub mod sink;
pub mod source;
mod transport;

pub use error::RpcError;
pub use protocol::{ClientProtocol, Decoder, Layers, ServerProtocol, Stream};
pub use sink::{ConnectConfig, RpcSink};
pub use source::{ListenConfig, RpcSource, SourceMonitor};
pub use transport::ReadError;
