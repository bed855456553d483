//! Avro's container files in spooldir: whatever is in one, its data come in batches of any size alike, and reading
//! goes on wherever it was left.
#![no_main]

use std::path::Path;

use flowcore::base::Disk;
use flowcore::event::Event;
use flowcore::ingest::sink::EventSerializer;
use flowcore_agent::fuzzing::{AvroRead, avro_data};
use flowcore_avro::container::{AvroEventSerializer, BlockCodec};
use flowcore_testkit::CrashDisk;

const FILE: &str = "spool/a";
/// A block of a few bytes may have a million data.
const MOST: usize = 2_000;

/// The writer's own is another one each time.
const MARKER: &[u8; 16] = b"between blocks: ";

/// A file with these data of this schema in two blocks, compressed as the writer does it.
fn container(codec: BlockCodec, schema: &[u8], data: &[u8], counts: [u8; 2]) -> Vec<u8> {
    let writer = AvroEventSerializer::new().codec(codec);
    let mut bytes = b"Obj\x01\x04".to_vec();
    let members = [(&b"avro.codec"[..], codec.as_str().as_bytes()), (b"avro.schema", schema)];
    for text in members.iter().flat_map(|(name, value)| [name, value]) {
        // Lengths are zigzag numbers.
        let mut length = text.len() * 2;
        while length > 0x7f {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend_from_slice(text);
    }
    bytes.push(0);
    bytes.extend(MARKER);
    for count in counts {
        writer.end_block(u64::from(count), data, &mut bytes);
        let marker = bytes.len() - MARKER.len();
        bytes[marker..].copy_from_slice(MARKER);
    }
    bytes
}

/// The input as a file, as a schema and its data, or as data of Flume's schema behind an event that is whole.
fn file(steering: u8, counts: [u8; 2], input: &[u8]) -> Vec<u8> {
    let codec = [BlockCodec::Null, BlockCodec::Deflate, BlockCodec::Snappy][usize::from(steering >> 2) % 3];
    match steering & 3 {
        0 | 1 => input.to_vec(),
        2 => {
            let mut parts = input.splitn(2, |byte| *byte == 0);
            let (schema, data) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            container(codec, schema, data, counts)
        }
        _ => {
            let mut data = Vec::new();
            AvroEventSerializer::new().append(&Event::new("one").with_header("h", "1"), &mut data);
            data.extend_from_slice(input);
            container(codec, flowcore_avro::container::EVENT_SCHEMA.as_bytes(), &data, counts)
        }
    }
}

fn read(disk: &CrashDisk, position: u64, batch: usize) -> AvroRead {
    let file = disk.open(Path::new(FILE)).expect("it is there");
    avro_data(file, position, batch, MOST)
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([steering, first, second, place], input)) = flowcore_fuzz::steered(input) else { return };
    let disk = CrashDisk::new();
    let bytes = file(steering, [first, second], input);
    disk.replace(Path::new(FILE), &bytes).expect("the disk is well");
    let whole = read(&disk, 0, MOST);
    let parts = read(&disk, 0, 1 + usize::from(place) % 9);
    if whole.data.len() < MOST {
        assert_eq!((&parts.data, &parts.problem), (&whole.data, &whole.problem), "in parts as in one");
    }
    let Some(left) = parts.left.get(usize::from(first) % parts.left.len().max(1)) else { return };
    assert!(left.position <= bytes.len() as u64, "behind the end");
    // A start reads from the last position on: what was read behind it comes again, and nothing else.
    let rest = read(&disk, left.position, 5);
    let from = left.read.checked_sub(left.repeated).expect("what comes again was there");
    let expected = &parts.data[from..];
    let common = rest.data.len().min(expected.len());
    assert_eq!(rest.data[..common], expected[..common], "from {} on", left.position);
    if rest.data.len() < MOST && parts.data.len() < MOST {
        assert_eq!((rest.data.len(), rest.problem), (expected.len(), parts.problem));
    }
    // A position that is none is no reason to break.
    read(&disk, u64::from(place) * bytes.len() as u64 / 200, 5);
});
