use std::sync::Arc;

use flowcore::base::with_causes;
use flowcore::event::Event;
use flowcore_avro::container::{Block, Container, ContainerError};
use memchr::memmem;

use super::{BATCH_BYTES, DeserializeError, Deserializer, FileInput};

/// How events say what schema their bodies have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaHeader {
    /// By the schema's fingerprint.
    Hash,
    /// By its JSON.
    Literal,
}

/// An event for each datum of an Avro container file: its bytes, without the schema.
///
/// A block cannot be entered in its middle. The input stays before the marker in front of the block until all of
/// its data were read, as Flume's does: its tracker names that place, too.
pub(crate) struct AvroDeserializer {
    header: SchemaHeader,
    open: Option<Open>,
}

struct Open {
    container: Container,
    name: Arc<str>,
    schema: Arc<str>,
    at_hand: Option<AtHand>,
}

/// A block that is still in the input, with the marker before it.
struct AtHand {
    block: Block,
    length: usize,
    taken: usize,
}

const MARKER: usize = 16;

impl AvroDeserializer {
    pub(crate) fn new(header: SchemaHeader) -> Self {
        Self { header, open: None }
    }
}

impl Deserializer for AvroDeserializer {
    fn read(
        &mut self,
        input: &mut FileInput,
        max: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), DeserializeError> {
        let open = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(Open::begin(input, self.header)?),
        };
        let (most, mut bytes) = (events.len().saturating_add(max), 0);
        while events.len() < most && bytes < BATCH_BYTES {
            let Some(event) = open.next(input)? else { break };
            bytes += event.body.len() as u64;
            events.push(event);
        }
        Ok(())
    }

    fn repeated(&self) -> usize {
        self.open.as_ref().and_then(|open| open.at_hand.as_ref()).map_or(0, |at_hand| at_hand.taken)
    }
}

impl Open {
    /// Reads what the file begins with, and goes to the block behind the input's position.
    fn begin(input: &mut FileInput, header: SchemaHeader) -> Result<Self, DeserializeError> {
        let position = input.position();
        input.seek(0);
        let (container, length) = loop {
            let is_more = input.read_more()?;
            match Container::read(input.unread()).map_err(|error| malformed(input, &error))? {
                Some(read) => break read,
                None if is_more => {}
                None => return Err(input.malformed("the file ends before its data begin")),
            }
        };
        let first = (length - MARKER) as u64;
        if position > first {
            input.seek(position);
            go_to_marker(input, container.marker())?;
        } else {
            input.take(length - MARKER);
        }
        let schema = container.schema();
        let (name, schema) = match header {
            // Its bytes from the lowest on.
            SchemaHeader::Hash => ("hash", format!("{:016x}", schema.fingerprint().swap_bytes())),
            SchemaHeader::Literal => ("literal", schema.text().to_owned()),
        };
        let name = format!("flume.avro.schema.{name}").into();
        Ok(Self { container, name, schema: schema.into(), at_hand: None })
    }

    fn next(&mut self, input: &mut FileInput) -> Result<Option<Event>, DeserializeError> {
        loop {
            let at_hand = match &mut self.at_hand {
                Some(at_hand) => at_hand,
                None => match self.read_block(input)? {
                    Some(at_hand) => self.at_hand.insert(at_hand),
                    None => return Ok(None),
                },
            };
            let datum = at_hand.block.next(self.container.schema());
            let datum = datum.map_err(|error| malformed(input, &error))?;
            // The last of a block takes it from the input.
            if at_hand.block.left() == 0 {
                let end = at_hand.block.next(self.container.schema());
                end.map_err(|error| malformed(input, &error))?;
                input.take(at_hand.length);
                self.at_hand = None;
            } else {
                at_hand.taken += 1;
            }
            if let Some(datum) = datum {
                return Ok(Some(Event::new(datum).with_header(self.name.clone(), self.schema.clone())));
            }
        }
    }

    /// The block behind the marker at the front; `None` at the end of the file.
    fn read_block(&self, input: &mut FileInput) -> Result<Option<AtHand>, DeserializeError> {
        loop {
            let unread = input.unread_bytes();
            let behind = unread.slice(MARKER.min(unread.len())..);
            let read = self.container.read_block(&behind).map_err(|error| malformed(input, &error))?;
            if let Some((block, length)) = read {
                return Ok(Some(AtHand { block, length, taken: 0 }));
            }
            drop(behind);
            if !input.read_more()? {
                return match input.unread().len() {
                    ..=MARKER => Ok(None),
                    _ => Err(input.malformed("the file ends in the middle of a block")),
                };
            }
        }
    }
}

/// As far as the next marker, or to the end of the file.
fn go_to_marker(input: &mut FileInput, marker: &[u8; MARKER]) -> Result<(), DeserializeError> {
    loop {
        if let Some(at) = memmem::find(input.unread(), marker) {
            input.take(at);
            return Ok(());
        }
        // The beginning of one may be there.
        input.take(input.unread().len().saturating_sub(MARKER - 1));
        if !input.read_more()? {
            input.take(input.unread().len());
            return Ok(());
        }
    }
}

fn malformed(input: &FileInput, error: &ContainerError) -> DeserializeError {
    input.malformed(with_causes(error))
}

#[cfg(test)]
mod tests {
    use flowcore::base::{Disk, LocalDisk};
    use flowcore::ingest::sink::EventSerializer;
    use flowcore_avro::container::{AvroEventSerializer, BlockCodec};

    use super::*;

    /// Blocks with these numbers of events, whose bodies count on, and where their markers stand.
    fn file(codec: BlockCodec, blocks: &[u32]) -> (Vec<u8>, Vec<u64>) {
        let serializer = AvroEventSerializer::new().codec(codec);
        let (mut file, mut markers, mut next) = (Vec::new(), Vec::new(), 0);
        serializer.begin(&mut file);
        for &count in blocks {
            markers.push(file.len() as u64 - 16);
            let mut block = Vec::new();
            for _ in 0..count {
                serializer.append(&event(next), &mut block);
                next += 1;
            }
            serializer.end_block(u64::from(count), &block, &mut file);
        }
        markers.push(file.len() as u64 - 16);
        (file, markers)
    }

    fn event(number: u32) -> Event {
        Event::new(format!("event {number}")).with_header("n", number.to_string())
    }

    fn datum(number: u32) -> Vec<u8> {
        let mut out = Vec::new();
        AvroEventSerializer::new().append(&event(number), &mut out);
        out
    }

    fn input(bytes: &[u8], position: u64) -> (tempfile::TempDir, FileInput) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, bytes).unwrap();
        let input = FileInput::new(LocalDisk.open(&path).unwrap(), position);
        (folder, input)
    }

    fn bodies(input: &mut FileInput) -> Vec<Vec<u8>> {
        let (mut events, mut deserializer) = (Vec::new(), AvroDeserializer::new(SchemaHeader::Hash));
        deserializer.read(input, 1_000_000, &mut events).unwrap();
        events.iter().map(|event| event.body.to_vec()).collect()
    }

    #[test]
    fn reading_goes_on_at_the_position_wherever_it_was_left() {
        let blocks = [3, 0, 20_000, 1];
        for codec in BlockCodec::ALL {
            let (bytes, markers) = file(codec, &blocks);
            for batch in [1, 2, 3, 7, 9_999, 100_000] {
                let (_folder, mut input) = input(&bytes, 0);
                let mut deserializer = AvroDeserializer::new(SchemaHeader::Hash);
                let mut read = 0_usize;
                loop {
                    let mut events = Vec::new();
                    deserializer.read(&mut input, batch, &mut events).unwrap();
                    read += events.len();
                    assert!(markers.contains(&input.position()), "{} of {markers:?}", input.position());
                    let before: usize = blocks
                        .iter()
                        .map(|count| *count as usize)
                        .scan(0, |sum, count| {
                            let begin = *sum;
                            *sum += count;
                            Some(begin)
                        })
                        .zip(&markers)
                        .filter(|(_, at)| **at <= input.position())
                        .map(|(begin, _)| begin)
                        .last()
                        .unwrap();
                    let end = if input.position() == markers[4] { 20_004 } else { before };
                    assert_eq!(read - deserializer.repeated(), end, "{codec:?} {batch}");
                    if events.is_empty() || (batch < 9 && read > 30) {
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn a_position_inside_of_a_block_is_the_block_behind_it() {
        let (bytes, markers) = file(BlockCodec::Null, &[2, 3]);
        let all: Vec<Vec<u8>> = (0..5).map(datum).collect();
        for position in 0..=bytes.len() as u64 {
            let (_folder, mut input) = input(&bytes, position);
            let first = if position <= markers[0] {
                0
            } else if position <= markers[1] {
                2
            } else {
                5
            };
            assert_eq!(bodies(&mut input), all[first..], "{position}");
        }
    }

    #[test]
    fn events_have_the_schema_in_their_headers() {
        let (bytes, _) = file(BlockCodec::Null, &[1]);
        let schema = flowcore_avro::container::EVENT_SCHEMA;
        for (header, name, value) in [
            (SchemaHeader::Hash, "flume.avro.schema.hash", None),
            (SchemaHeader::Literal, "flume.avro.schema.literal", Some(schema)),
        ] {
            let (_folder, mut input) = input(&bytes, 0);
            let mut events = Vec::new();
            AvroDeserializer::new(header).read(&mut input, 9, &mut events).unwrap();
            let found = events[0].headers.get(name).unwrap();
            assert!(value.is_none_or(|value| value == found) && found.len() >= 16, "{found}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_what_was_before_it_is_there() {
        let (bytes, markers) = file(BlockCodec::Deflate, &[2, 3]);
        let mut damaged = bytes.clone();
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        for (bytes, said, count) in [
            (bytes[..bytes.len() - 5].to_vec(), "the file ends in the middle of a block", 2),
            (damaged, "the marker of the file", 2),
            (b"no container".to_vec(), "this is no avro container file at byte 0", 0),
            (bytes[..30].to_vec(), "the file ends before its data begin", 0),
        ] {
            let (_folder, mut input) = input(&bytes, 0);
            let mut events = Vec::new();
            let error =
                AvroDeserializer::new(SchemaHeader::Hash).read(&mut input, 9, &mut events).unwrap_err();
            assert!(error.to_string().contains(said), "{error} instead of {said}");
            assert_eq!(events.len(), count);
            if count > 0 {
                assert!(error.to_string().ends_with(&format!("at byte {}", markers[1])), "{error}");
            }
        }
    }
}
