//! Components that are Flume's own rather than the library's.

mod exec;
mod logger;
mod memory_limit;
mod multiplexing;
mod sequence;
mod set_header;
mod taildir;

pub(crate) use exec::FlumeExecSource;
pub(crate) use logger::HexLoggerSink;
pub(crate) use memory_limit::memory_limit;
pub(crate) use multiplexing::MultiplexingSelector;
pub(crate) use sequence::SequenceSource;
pub(crate) use set_header::SetHeader;
pub(crate) use taildir::{TaildirEvents, TaildirSource};
