//! Avro's container files: events as Flume's `avro_event` writes them, and data of any schema to be read.
//!
//! A file begins with `Obj\x01`, its schema and its codec; then blocks follow, each with the number of its
//! data, its length, and 16 bytes at its end that are the same in the whole file. Every delivery of events ends a
//! block, so that what was delivered can be read.
//!
//! What is read may be hostile: blocks are bounded, also when they are decompressed, and nothing takes longer
//! than its bytes.

mod canonical;
mod codec;
mod datum;
mod error;
mod fingerprint;
mod reader;
mod schema;
mod serializer;

pub use codec::BlockCodec;
pub use error::ContainerError;
pub use reader::{Block, Container, LARGEST_BLOCK};
pub use schema::Schema;
pub use serializer::{AvroEventSerializer, EVENT_SCHEMA};
