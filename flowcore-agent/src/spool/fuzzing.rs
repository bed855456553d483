//! What fuzz targets reach of this module.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use flowcore::base::{Disk, DiskFile};

use super::avro::{AvroDeserializer, SchemaHeader};
use super::tracker::Tracker;
use super::{Deserializer, FileInput};

/// The file that the tracker's file in `folder` is about, and where to go on in it.
///
/// # Errors
/// What the disk says.
pub fn tracked(folder: &Path, disk: Arc<dyn Disk>) -> io::Result<Option<(PathBuf, u64)>> {
    let read = Tracker::new(folder, disk).read()?;
    Ok(read.map(|(target, saved)| (target, saved.position)))
}

/// Stores these positions one after the other, whatever was there.
///
/// # Errors
/// What the disk says.
pub fn track(folder: &Path, disk: Arc<dyn Disk>, target: &Path, offsets: &[u64]) -> io::Result<()> {
    let mut tracker = Tracker::new(folder, disk);
    offsets.iter().try_for_each(|offset| tracker.store(target, None, *offset))
}

/// What came out of a container file.
#[derive(Debug, Default)]
pub struct AvroRead {
    /// The data, in their order.
    pub data: Vec<Bytes>,
    /// Where reading was left after each batch.
    pub left: Vec<AvroLeft>,
    /// Why there are no more.
    pub problem: Option<String>,
}

/// How far a file was read.
#[derive(Debug, Clone, Copy)]
pub struct AvroLeft {
    /// So many data.
    pub read: usize,
    /// Where reading goes on after a restart.
    pub position: u64,
    /// So many of the data are read again then.
    pub repeated: usize,
}

/// Reads a container file as spooldir does, `batch` data at once, until there were `most`.
pub fn avro_data(file: Box<dyn DiskFile>, position: u64, batch: usize, most: usize) -> AvroRead {
    let mut input = FileInput::new(file, position);
    let mut deserializer = AvroDeserializer::new(SchemaHeader::Hash);
    let mut said = AvroRead::default();
    while said.data.len() < most && said.problem.is_none() {
        let mut events = Vec::new();
        let max = batch.min(most - said.data.len());
        let outcome = deserializer.read(&mut input, max, &mut events);
        said.problem = outcome.err().map(|error| error.to_string());
        if events.is_empty() {
            break;
        }
        said.data.extend(events.into_iter().map(|event| event.body));
        let (read, repeated) = (said.data.len(), deserializer.repeated());
        said.left.push(AvroLeft { read, position: input.position(), repeated });
    }
    said
}
