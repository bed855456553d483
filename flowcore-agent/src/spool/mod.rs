//! Files that are put whole into a folder: Flume's spooldir source.
//!
//! **What is read.** Every file of the folder whose name is wanted, one after the other, cut into events by a
//! deserializer. A file that is done gets a suffix, is removed, or has an empty file of its name in the
//! tracker's folder, as configured.
//!
//! **What is acknowledged when.** The position after a batch is written into the tracker's file when the batch
//! and all before it were delivered: with a memory channel, when the sink is done with them. A file is done
//! only then. A batch that was refused for good counts as delivered.
//!
//! **What can repeat.** Nothing after a clean stop. After a crash or a failure what was read after the tracked
//! position: at least once. A real Flume goes on at the tracked position, and this source at Flume's. With the
//! position stands which content the file had: another file under its name is read from its start.
//!
//! **What is set aside.** A file that was changed while it was read, that cannot be read, decoded or renamed,
//! or whose new name is taken: with a warning that says where, and in what monitoring shows. Other files go on.
//! It is tried again from where it was when it has changed and was quiet for 5 seconds; one that could not be
//! renamed every minute; each of them after a restart. Its position is kept in the tracker's folder, in
//! `.flumespool-aside-<number>.meta`; a real Flume does not know it and reads such a file from its start.
//!
//! **What is seen when.** A file that is moved here, or that its writer closes, at once, where the system tells
//! of that; every other one by the next look. Looks because of what the system tells take a tenth of the time at
//! most, and leave alone what nobody told of: it may be half written.
//!
//! **Order.** The events of a file in their order; files in the order that was asked for.
//!
//! **Bounds.** A chunk of 64 KiB or one line, block or blob; batches of 4 MiB, 1024 of them on their way;
//! 10,000 files set aside; 1,000 folders watched.

mod announced;
mod aside;
mod aside_files;
mod avro;
mod blob;
mod candidates;
mod charset;
mod delivered;
mod delivery;
mod deserializer;
mod error;
mod finish;
mod folder;
#[cfg(fuzzing)]
pub mod fuzzing;
mod input;
mod line;
mod mark;
#[cfg(test)]
mod model_tests;
mod open_file;
mod options;
mod source;
mod tracked;
mod tracker;
mod watcher;

pub(crate) use avro::{AvroDeserializer, SchemaHeader};
pub(crate) use blob::BlobDeserializer;
pub(crate) use candidates::{ConsumeOrder, Wanted};
pub(crate) use charset::{Charset, DecodeErrors};
pub use deserializer::{DeserializeError, Deserializer};
pub use input::FileInput;
pub(crate) use line::{LineDeserializer, LineOptions};
pub(crate) use options::{Done, MakeDeserializer, SpoolOptions};
pub(crate) use source::SpoolSource;

/// A batch that has so many bytes is put, also when it could have more events.
const BATCH_BYTES: u64 = 4 << 20;
