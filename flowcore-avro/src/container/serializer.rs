use flowcore::base::random_u64;
use flowcore::event::Event;
use flowcore::ingest::sink::EventSerializer;

use super::BlockCodec;
use crate::wire::{write_event, writer};

/// The schema of Flume's events in container files.
pub const EVENT_SCHEMA: &str = concat!(
    r#"{"type":"record","name":"Event","fields":["#,
    r#"{"name":"headers","type":{"type":"map","values":"string"}},"#,
    r#"{"name":"body","type":"bytes"}]}"#
);

/// Writes events into Avro's container files.
///
/// ```
/// use flowcore::ingest::sink::RollingFileSink;
/// use flowcore_avro::container::{AvroEventSerializer, BlockCodec};
///
/// let serializer = AvroEventSerializer::new().codec(BlockCodec::Deflate).block_bytes(64 << 10);
/// let sink = RollingFileSink::new("/var/spool/events").names("events-", ".avro").serializer(serializer);
/// # let _ = sink;
/// ```
#[derive(Debug, Clone)]
pub struct AvroEventSerializer {
    codec: BlockCodec,
    block_bytes: usize,
    marker: [u8; 16],
}

impl AvroEventSerializer {
    /// Without compression, in blocks of 2,048,000 bytes.
    pub fn new() -> Self {
        // It tells the ends of blocks apart from anything else by chance; it is no secret.
        let mut marker = [0; 16];
        for half in marker.chunks_exact_mut(8) {
            half.copy_from_slice(&random_u64().to_ne_bytes());
        }
        Self { codec: BlockCodec::Null, block_bytes: 2_048_000, marker }
    }

    /// How blocks are compressed.
    #[must_use]
    pub fn codec(mut self, codec: BlockCodec) -> Self {
        self.codec = codec;
        self
    }

    /// A block ends when its events take so many bytes, before they are compressed; at the end of a delivery
    /// it ends anyway.
    #[must_use]
    pub fn block_bytes(mut self, bytes: usize) -> Self {
        self.block_bytes = bytes;
        self
    }
}

impl Default for AvroEventSerializer {
    fn default() -> Self {
        Self::new()
    }
}

impl EventSerializer for AvroEventSerializer {
    fn begin(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"Obj\x01");
        writer::size(out, 2);
        writer::string(out, "avro.schema");
        writer::string(out, EVENT_SCHEMA);
        writer::string(out, "avro.codec");
        writer::string(out, self.codec.as_str());
        writer::size(out, 0);
        out.extend_from_slice(&self.marker);
    }

    fn append(&self, event: &Event, out: &mut Vec<u8>) {
        write_event(out, event);
    }

    fn block_bytes(&self) -> Option<usize> {
        Some(self.block_bytes)
    }

    fn end_block(&self, events: u64, encoded: &[u8], out: &mut Vec<u8>) {
        let compressed = self.codec.compressed(encoded);
        writer::long(out, i64::try_from(events).unwrap_or(i64::MAX));
        writer::bytes(out, compressed.as_deref().unwrap_or(encoded));
        out.extend_from_slice(&self.marker);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use bytes::Bytes;

    use super::*;
    use crate::wire::{EventDecoder, Limits, Reader};

    fn uncompressed(codec: BlockCodec, block: &[u8]) -> Vec<u8> {
        match codec {
            BlockCodec::Null => block.to_vec(),
            BlockCodec::Deflate => {
                let mut out = Vec::new();
                flate2::read::DeflateDecoder::new(block).read_to_end(&mut out).unwrap();
                out
            }
            BlockCodec::Snappy => {
                let (block, checksum) = block.split_at(block.len() - 4);
                let out = snap::raw::Decoder::new().decompress_vec(block).unwrap();
                let mut expected = flate2::Crc::new();
                expected.update(&out);
                assert_eq!(checksum, expected.sum().to_be_bytes());
                out
            }
            BlockCodec::Zstandard => {
                let mut out = Vec::new();
                ruzstd::decoding::StreamingDecoder::new(block).unwrap().read_to_end(&mut out).unwrap();
                out
            }
        }
    }

    /// The events of each block of a file.
    fn read(file: &[u8], codec: BlockCodec) -> Vec<Vec<Event>> {
        let mut reader = Reader::new(file);
        assert_eq!(reader.take(4).unwrap(), b"Obj\x01");
        assert_eq!(reader.long().unwrap(), 2);
        assert_eq!((reader.string().unwrap(), reader.string().unwrap()), ("avro.schema", EVENT_SCHEMA));
        assert_eq!((reader.string().unwrap(), reader.string().unwrap()), ("avro.codec", codec.as_str()));
        assert_eq!(reader.long().unwrap(), 0);
        let marker = reader.take(16).unwrap();
        let mut blocks = Vec::new();
        while !reader.rest().is_empty() {
            let count = reader.long().unwrap();
            let block = Bytes::from(uncompressed(codec, reader.bytes().unwrap()));
            assert_eq!(reader.take(16).unwrap(), marker);
            let (mut events, mut decoder) = (Reader::new(&block), EventDecoder::new(Limits::default()));
            blocks.push((0..count).map(|_| decoder.event(&block, &mut events).unwrap()).collect());
            assert!(events.rest().is_empty());
        }
        blocks
    }

    #[test]
    fn events_come_back_from_a_file_of_every_codec() {
        let events = vec![
            Event::new("one").with_header("h", "größe"),
            Event::default(),
            Event::new([0xFF; 300].to_vec()),
        ];
        for codec in BlockCodec::ALL {
            let serializer = AvroEventSerializer::new().codec(codec);
            let (mut file, mut block) = (Vec::new(), Vec::new());
            serializer.begin(&mut file);
            for event in &events {
                serializer.append(event, &mut block);
            }
            serializer.end_block(3, &block, &mut file);
            serializer.end_block(3, &block, &mut file);
            assert_eq!(read(&file, codec), [events.clone(), events.clone()], "{codec:?}");
        }
    }

    #[test]
    fn two_files_have_different_markers() {
        assert_ne!(AvroEventSerializer::new().marker, AvroEventSerializer::new().marker);
    }
}
