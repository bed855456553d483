use std::io;

use crate::wire::WireError;

/// Why a container file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// It does not begin like one.
    #[error("this is no avro container file")]
    NoContainer,
    /// Its schema is none, or what it names is not there.
    #[error("its schema cannot be understood: {0}")]
    Schema(String),
    /// Its blocks are compressed in a way that is not known here.
    #[error("its codec {0} is none of null, deflate, snappy and zstandard")]
    Codec(String),
    /// A block, or what it is decompressed to, is longer than this.
    #[error("a block has more than {0} bytes")]
    TooLarge(usize),
    /// A block does not end with the file's marker.
    #[error("a block does not end with the marker of the file")]
    Marker,
    /// A block cannot be decompressed.
    #[error("a block cannot be decompressed")]
    Compressed(#[source] io::Error),
    /// A block's checksum says that it is damaged.
    #[error("the checksum of a block is wrong")]
    Checksum,
    /// What a block holds is not of the schema.
    #[error("a datum is not of the schema")]
    Datum(#[from] WireError),
    /// Data are nested deeper than this.
    #[error("data are nested deeper than {0}")]
    Depth(usize),
    /// There is more in a block than its data.
    #[error("{0} bytes of a block belong to no datum")]
    Left(usize),
}
