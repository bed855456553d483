use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// How the blocks of a container file are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BlockCodec {
    /// Not at all: `null`.
    #[default]
    Null,
    /// RFC 1951: `deflate`.
    Deflate,
    /// Snappy, with a checksum of what was compressed: `snappy`.
    Snappy,
    /// RFC 8878, at about the reference program's level 1: `zstandard`.
    Zstandard,
}

impl BlockCodec {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Null, Self::Deflate, Self::Snappy, Self::Zstandard];

    /// By its name in Avro, in any case.
    ///
    /// ```
    /// use flowcore_avro::container::BlockCodec;
    /// assert_eq!(BlockCodec::named("deflate"), Some(BlockCodec::Deflate));
    /// assert_eq!(BlockCodec::named("bzip2"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.as_str().eq_ignore_ascii_case(name))
    }

    /// Its name in Avro.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Deflate => "deflate",
            Self::Snappy => "snappy",
            Self::Zstandard => "zstandard",
        }
    }

    /// The bytes of a block; `None` if they are as they were.
    pub(super) fn compressed(self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Null => None,
            Self::Deflate => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                // Writing to a `Vec` cannot fail.
                let _ = encoder.write_all(bytes);
                Some(encoder.finish().unwrap_or_default())
            }
            Self::Snappy => {
                // Blocks are far below the 4 GiB at which this fails.
                let mut out = snap::raw::Encoder::new().compress_vec(bytes).unwrap_or_default();
                let mut checksum = flate2::Crc::new();
                checksum.update(bytes);
                out.extend_from_slice(&checksum.sum().to_be_bytes());
                Some(out)
            }
            Self::Zstandard => Some(compress_to_vec(bytes, CompressionLevel::Fastest)),
        }
    }
}
