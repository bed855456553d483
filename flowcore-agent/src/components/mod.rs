//! Components that are Flume's own rather than the library's.

mod exec;
mod local_zone;
mod logger;
mod memory_limit;
mod open_files;
mod path_manager;
mod taildir;

pub(crate) use exec::FlumeExecSource;
pub(crate) use local_zone::LocalZone;
pub(crate) use logger::HexLoggerSink;
pub(crate) use memory_limit::memory_budget;
pub(crate) use open_files::{open_files_of_a_source, raise_open_files};
pub(crate) use path_manager::FlumeNames;
pub(crate) use taildir::{TaildirEvents, TaildirSource};
