//! Java properties, as Flume loads them, with the place of every key and value.
//!
//! The files of a configuration may have 4 MiB and 20,000 keys together. Text is UTF-8; a file that
//! is not is read as ISO-8859-1, with a warning.

mod encoding;
mod entry;
mod escapes;
mod logical_line;
mod reader;
mod table;
mod text;

pub use entry::Entry;
pub use reader::parse;
pub use table::{LoadError, MAX_BYTES, MAX_KEYS, Properties};
pub use text::Text;
