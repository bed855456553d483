use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::DeflateDecoder;
use ruzstd::decoding::StreamingDecoder;

use super::{BlockCodec, ContainerError, Schema};
use crate::wire::{Reader, WireError};

/// The largest block, as it is stored and as it is read.
pub const LARGEST_BLOCK: usize = 64 << 20;
/// The most data that take no bytes in one block.
const MOST_EMPTY: u64 = 1_000_000;

/// What the beginning of a container file says: the rest of it is blocks.
///
/// ```
/// use bytes::Bytes;
/// use flowcore::event::Event;
/// use flowcore::ingest::sink::EventSerializer;
/// use flowcore_avro::container::{AvroEventSerializer, Container};
///
/// let (writer, mut file, mut block) = (AvroEventSerializer::new(), Vec::new(), Vec::new());
/// writer.begin(&mut file);
/// writer.append(&Event::new("hello"), &mut block);
/// writer.end_block(1, &block, &mut file);
///
/// let file = Bytes::from(file);
/// let (container, length) = Container::read(&file)?.expect("it is whole");
/// let (mut data, _) = container.read_block(&file.slice(length..))?.expect("it is whole");
/// assert_eq!(data.next(container.schema())?, Some(Bytes::from(block)));
/// assert_eq!(data.next(container.schema())?, None);
/// # Ok::<(), flowcore_avro::container::ContainerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Container {
    schema: Schema,
    codec: BlockCodec,
    marker: [u8; 16],
}

/// The data of one block.
#[derive(Debug)]
pub struct Block {
    bytes: Bytes,
    left: u64,
}

/// `None` if it is not all there.
fn if_whole<T>(read: Result<T, WireError>) -> Result<Option<T>, ContainerError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(WireError::Truncated) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Container {
    /// Reads what a file begins with, and says how long that is. `None` if more bytes are needed.
    ///
    /// # Errors
    /// [`ContainerError`].
    pub fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, ContainerError> {
        const MAGIC: &[u8] = b"Obj\x01";
        let length = bytes.len().min(MAGIC.len());
        if bytes[..length] != MAGIC[..length] {
            return Err(ContainerError::NoContainer);
        }
        if bytes.len() > LARGEST_BLOCK {
            return Err(ContainerError::TooLarge(LARGEST_BLOCK));
        }
        let mut reader = Reader::new(&bytes[length..]);
        let Some((schema, codec, marker)) = if_whole(members(&mut reader))? else { return Ok(None) };
        let schema = schema.ok_or_else(|| ContainerError::Schema("there is none".to_owned()))?;
        let codec = BlockCodec::named(codec).ok_or_else(|| ContainerError::Codec(codec.to_owned()))?;
        let container = Self { schema: Schema::parse(schema)?, codec, marker };
        Ok(Some((container, bytes.len() - reader.rest().len())))
    }

    /// What its data are.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What stands before every block, and at the end of the file.
    pub fn marker(&self) -> &[u8; 16] {
        &self.marker
    }

    /// Reads the block at the front of `bytes`, and says how long it is, its marker included. `None` if more
    /// bytes are needed. Without compression its data are slices of `bytes`.
    ///
    /// # Errors
    /// [`ContainerError`].
    pub fn read_block(&self, bytes: &Bytes) -> Result<Option<(Block, usize)>, ContainerError> {
        let mut reader = Reader::new(bytes);
        let Some((count, size)) = if_whole(head(&mut reader))? else { return Ok(None) };
        if size > LARGEST_BLOCK {
            return Err(ContainerError::TooLarge(LARGEST_BLOCK));
        }
        let from = bytes.len() - reader.rest().len();
        let (Ok(_), Ok(marker)) = (reader.take(size), reader.take(self.marker.len())) else {
            return Ok(None);
        };
        if *marker != self.marker {
            return Err(ContainerError::Marker);
        }
        let bytes = self.codec.plain(bytes.slice(from..from + size))?;
        let most = if self.schema.is_empty() { MOST_EMPTY } else { bytes.len() as u64 };
        if count > most {
            return Err(WireError::Truncated.into());
        }
        Ok(Some((Block { bytes, left: count }, from + size + self.marker.len())))
    }
}

impl Block {
    /// The bytes of the next datum, a slice of the block; `None` after the last one.
    ///
    /// # Errors
    /// [`ContainerError`].
    pub fn next(&mut self, schema: &Schema) -> Result<Option<Bytes>, ContainerError> {
        if self.left == 0 {
            return if self.bytes.is_empty() {
                Ok(None)
            } else {
                Err(ContainerError::Left(self.bytes.len()))
            };
        }
        let mut reader = Reader::new(&self.bytes);
        schema.pass(&mut reader)?;
        self.left -= 1;
        let length = self.bytes.len() - reader.rest().len();
        Ok(Some(self.bytes.split_to(length)))
    }

    /// How many data are left.
    pub fn left(&self) -> u64 {
        self.left
    }
}

type Members<'a> = (Option<&'a str>, &'a str, [u8; 16]);

/// The schema, the codec and the marker.
fn members<'a>(reader: &mut Reader<'a>) -> Result<Members<'a>, WireError> {
    let (mut schema, mut codec) = (None, "null");
    loop {
        let count = reader.long()?;
        if count == 0 {
            break;
        }
        if count < 0 {
            // Its length in bytes, for who skips it.
            reader.long()?;
        }
        for _ in 0..count.unsigned_abs() {
            let (name, value) = (reader.bytes()?, reader.bytes()?);
            match name {
                b"avro.schema" => schema = Some(std::str::from_utf8(value).map_err(|_| WireError::Utf8)?),
                b"avro.codec" => codec = std::str::from_utf8(value).map_err(|_| WireError::Utf8)?,
                _ => {}
            }
        }
    }
    let marker = reader.take(16)?.try_into().map_err(|_| WireError::Truncated)?;
    Ok((schema, codec, marker))
}

/// How many data, and how many bytes.
fn head(reader: &mut Reader<'_>) -> Result<(u64, usize), WireError> {
    let (count, size) = (reader.long()?, reader.long()?);
    let count = u64::try_from(count).map_err(|_| WireError::Length(count))?;
    Ok((count, usize::try_from(size).map_err(|_| WireError::Length(size))?))
}

impl BlockCodec {
    fn plain(self, bytes: Bytes) -> Result<Bytes, ContainerError> {
        match self {
            Self::Null => Ok(bytes),
            Self::Deflate => {
                let mut out = Vec::new();
                let mut decoder = DeflateDecoder::new(&*bytes).take(LARGEST_BLOCK as u64 + 1);
                decoder.read_to_end(&mut out).map_err(ContainerError::Compressed)?;
                within(out.len())?;
                Ok(out.into())
            }
            Self::Snappy => {
                let (bytes, checksum) = bytes.split_last_chunk::<4>().ok_or(ContainerError::Checksum)?;
                let wrong = |error: snap::Error| ContainerError::Compressed(io::Error::other(error));
                within(snap::raw::decompress_len(bytes).map_err(wrong)?)?;
                let out = snap::raw::Decoder::new().decompress_vec(bytes).map_err(wrong)?;
                let mut found = flate2::Crc::new();
                found.update(&out);
                if found.sum().to_be_bytes() == *checksum {
                    Ok(out.into())
                } else {
                    Err(ContainerError::Checksum)
                }
            }
            Self::Zstandard => zstandard(&bytes),
        }
    }
}

fn zstandard(bytes: &[u8]) -> Result<Bytes, ContainerError> {
    let mut rest = bytes;
    let mut out = Vec::new();
    let decoder = StreamingDecoder::new_with_max_window_size(&mut rest, LARGEST_BLOCK as u64);
    let mut decoder = decoder.map_err(|error| ContainerError::Compressed(io::Error::other(error)))?;
    let most = LARGEST_BLOCK as u64 + 1;
    decoder.by_ref().take(most).read_to_end(&mut out).map_err(ContainerError::Compressed)?;
    within(out.len())?;
    let decoder = decoder.into_frame_decoder();
    match decoder.get_checksum_from_data() {
        Some(checksum) if decoder.get_calculated_checksum() != Some(checksum) => {
            Err(ContainerError::Checksum)
        }
        _ if rest.is_empty() => Ok(out.into()),
        _ => Err(ContainerError::Left(rest.len())),
    }
}

fn within(length: usize) -> Result<(), ContainerError> {
    if length > LARGEST_BLOCK { Err(ContainerError::TooLarge(LARGEST_BLOCK)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use flowcore::event::Event;
    use flowcore::ingest::sink::EventSerializer;

    use super::super::AvroEventSerializer;
    use super::*;

    fn file(codec: BlockCodec) -> Vec<u8> {
        let serializer = AvroEventSerializer::new().codec(codec);
        let mut file = Vec::new();
        serializer.begin(&mut file);
        for _ in 0..2 {
            serializer.end_block(3, &three().concat(), &mut file);
        }
        file
    }

    fn three() -> Vec<Vec<u8>> {
        let events =
            [Event::new("one").with_header("h", "größe"), Event::default(), Event::new([7; 300].to_vec())];
        let encoded = events.iter().map(|event| {
            let mut out = Vec::new();
            AvroEventSerializer::new().append(event, &mut out);
            out
        });
        encoded.collect()
    }

    fn read(bytes: &Bytes) -> Result<Vec<Bytes>, ContainerError> {
        let Some((container, mut at)) = Container::read(bytes)? else { return Ok(Vec::new()) };
        let mut data = Vec::new();
        while let Some((mut block, length)) = container.read_block(&bytes.slice(at..))? {
            while let Some(datum) = block.next(container.schema())? {
                data.push(datum);
            }
            at += length;
        }
        Ok(data)
    }

    #[test]
    fn data_come_back_from_a_file_of_every_codec_wherever_it_is_cut() {
        for codec in BlockCodec::ALL {
            let file = Bytes::from(file(codec));
            assert_eq!(read(&file).unwrap(), [three(), three()].concat(), "{codec:?}");
            for cut in 0..file.len() {
                let data = read(&file.slice(..cut)).unwrap();
                assert!(data.len() == 3 || data.is_empty(), "{codec:?} {cut}");
            }
        }
    }

    #[test]
    fn blocks_of_the_reference_program_are_read_and_damage_is_found() {
        // `zstd -19 --check` of twenty times "hello " and "bye".
        let frame = [
            0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x85, 0x00, 0x00, 0x48, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20,
            0x62, 0x79, 0x65, 0x01, 0x00, 0x2f, 0x69, 0x29, 0x02, 0x63, 0x1c, 0xb4, 0x48,
        ];
        let text = "hello ".repeat(20) + "bye";
        assert_eq!(zstandard(&frame).unwrap(), text);
        let mut damaged = frame;
        damaged[frame.len() - 1] ^= 1;
        assert!(matches!(zstandard(&damaged), Err(ContainerError::Checksum)));
        let longer = [&frame[..], b"xy"].concat();
        assert!(matches!(zstandard(&longer), Err(ContainerError::Left(2))));
        for cut in 0..frame.len() {
            assert!(zstandard(&frame[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_small_block_that_is_huge_when_it_is_read_is_refused() {
        for codec in [BlockCodec::Deflate, BlockCodec::Snappy, BlockCodec::Zstandard] {
            let too_large = codec.compressed(&vec![0; LARGEST_BLOCK + 1]).unwrap();
            let read = codec.plain(too_large.into());
            assert!(matches!(read, Err(ContainerError::TooLarge(_))), "{codec:?} {read:?}");
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_without_a_panic() {
        for codec in BlockCodec::ALL {
            let whole = file(codec);
            let mut refused = 0;
            for at in 0..whole.len() {
                for value in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut bytes = whole.clone();
                    bytes[at] = value;
                    refused += usize::from(read(&Bytes::from(bytes)).is_err());
                }
            }
            assert!(refused > 100, "{refused}");
        }
    }

    #[test]
    fn a_file_that_is_none_of_ours_is_refused_with_the_reason() {
        let begin = |codec: &str| {
            let mut bytes = b"Obj\x01\x04\x16avro.schema\x0c\"null\"\x14avro.codec".to_vec();
            bytes.push(u8::try_from(codec.len() * 2).unwrap());
            bytes.extend(codec.as_bytes());
            bytes.push(0);
            bytes.extend([5; 16]);
            bytes
        };
        let with = |more: &[u8]| [begin("null"), more.to_vec()].concat();
        let large = [&[2, 0x80, 0x80, 0x80, 0x80, 1][..], &[0; 9]].concat();
        for (bytes, reason) in [
            (b"PK".to_vec(), "no avro container"),
            (begin("xz"), "its codec xz is none of"),
            (b"Obj\x01\0aaaaaaaaaaaaaaaa".to_vec(), "there is none"),
            (with(&large), "more than 67108864 bytes"),
            (with(&[&[2, 0][..], &[6; 16]].concat()), "the marker of the file"),
            (with(&[&[0, 2, 9][..], &[5; 16]].concat()), "1 bytes of a block belong to no datum"),
            (
                with(&[&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0][..], &[5; 16]].concat()),
                "not of the schema",
            ),
        ] {
            let said = read(&Bytes::from(bytes)).unwrap_err().to_string();
            assert!(said.contains(reason), "{said} instead of {reason}");
        }
        assert_eq!(read(&Bytes::from(with(&[&[6, 0][..], &[5; 16]].concat()))).unwrap(), [""; 3]);
    }
}
