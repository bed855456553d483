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
//! **What can repeat.** Nothing after a clean stop, but a file that was set aside: it is read anew. After a crash
//! or a failure what was read after the tracked position: at least once. A real Flume goes on at the tracked position, and this source at Flume's.
//!
//! **What is set aside.** A file that was changed while it was read, that cannot be read, decoded or renamed,
//! or whose new name is taken: with a warning that says where. Other files go on. It is tried again from
//! where it was when it has changed and was quiet for 5 seconds; one that could not be renamed every minute.
//!
//! **Order.** The events of a file in their order; files in the order that was asked for.
//!
//! **Bounds.** A chunk of 64 KiB or one line or blob, 1024 batches on their way, 10,000 files set aside.

mod blob;
mod candidates;
mod charset;
mod delivered;
mod deserializer;
mod error;
mod input;
mod line;
mod open_file;
mod options;
mod source;
mod tracker;

pub(crate) use blob::BlobDeserializer;
pub(crate) use candidates::{ConsumeOrder, Wanted};
pub(crate) use charset::{Charset, DecodeErrors};
pub(crate) use deserializer::{DeserializeError, Deserializer};
pub(crate) use input::FileInput;
pub(crate) use line::{LineDeserializer, LineOptions};
pub(crate) use options::{Done, MakeDeserializer, SpoolOptions};
pub(crate) use source::SpoolSource;
