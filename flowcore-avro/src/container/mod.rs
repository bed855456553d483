//! Events in Avro's container files, as Flume's `avro_event` writes them.
//!
//! A file begins with `Obj\x01`, its schema and its codec; then blocks follow, each with the number of its
//! events, its length, and 16 bytes at its end that are the same in the whole file. Every delivery ends a
//! block, so that what was delivered can be read.

mod codec;
mod serializer;

pub use codec::BlockCodec;
pub use serializer::{AvroEventSerializer, EVENT_SCHEMA};
