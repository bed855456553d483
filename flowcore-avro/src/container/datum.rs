use super::ContainerError;
use super::schema::{Primitive, Schema, Type};
use crate::wire::{Reader, WireError};

/// Data inside of data.
const DEEPEST: usize = 1_000;

impl Schema {
    /// Passes over one datum. Takes time in proportion to its bytes, whatever they say.
    pub(super) fn pass(&self, reader: &mut Reader<'_>) -> Result<(), ContainerError> {
        self.pass_one(self.root, reader, DEEPEST)
    }

    /// Whether a datum takes no bytes.
    pub(super) fn is_empty(&self) -> bool {
        self.empty[self.root]
    }

    fn pass_one(&self, place: usize, reader: &mut Reader<'_>, depth: usize) -> Result<(), ContainerError> {
        let inner = depth.checked_sub(1).ok_or(ContainerError::Depth(DEEPEST))?;
        match &self.types[place] {
            Type::Primitive(primitive) => pass_primitive(*primitive, reader)?,
            Type::Fixed { size, .. } => drop(reader.take(*size)?),
            Type::Enum { symbols, .. } => drop(choice(reader, symbols.len(), "an enum")?),
            Type::Array(items) => self.pass_blocks(reader, *items, false, inner)?,
            Type::Map(values) => self.pass_blocks(reader, *values, true, inner)?,
            Type::Union(branches) => {
                let branch = choice(reader, branches.len(), "a union")?;
                self.pass_one(branches[branch], reader, inner)?;
            }
            Type::Record { filled, .. } => {
                for kind in filled {
                    self.pass_one(*kind, reader, inner)?;
                }
            }
        }
        Ok(())
    }

    /// The blocks of an array or a map.
    fn pass_blocks(
        &self,
        reader: &mut Reader<'_>,
        items: usize,
        has_keys: bool,
        depth: usize,
    ) -> Result<(), ContainerError> {
        loop {
            let count = reader.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // Its length in bytes stands there.
                reader.bytes()?;
            } else if has_keys || !self.empty[items] {
                for _ in 0..count {
                    if has_keys {
                        reader.bytes()?;
                    }
                    self.pass_one(items, reader, depth)?;
                }
            }
        }
    }
}

fn pass_primitive(primitive: Primitive, reader: &mut Reader<'_>) -> Result<(), WireError> {
    match primitive {
        Primitive::Null => {}
        Primitive::Boolean => drop(reader.take(1)?),
        Primitive::Int | Primitive::Long => drop(reader.long()?),
        Primitive::Float => drop(reader.take(4)?),
        Primitive::Double => drop(reader.take(8)?),
        Primitive::Bytes | Primitive::String => drop(reader.bytes()?),
    }
    Ok(())
}

fn choice(reader: &mut Reader<'_>, count: usize, of: &'static str) -> Result<usize, WireError> {
    let choice = reader.long()?;
    let place = usize::try_from(choice).ok().filter(|place| *place < count);
    place.ok_or(WireError::Choice(choice, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"{"type":"record","name":"R","fields":[
        {"name":"n","type":"null"},{"name":"b","type":"boolean"},{"name":"i","type":"int"},
        {"name":"f","type":"float"},{"name":"d","type":"double"},{"name":"s","type":"string"},
        {"name":"x","type":{"type":"fixed","name":"X","size":3}},
        {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
        {"name":"a","type":{"type":"array","items":"long"}},
        {"name":"m","type":{"type":"map","values":"bytes"}},
        {"name":"u","type":["null","R"]}]}"#;

    /// One with nothing in its last field.
    fn datum() -> Vec<u8> {
        let mut bytes = vec![1, 0x80, 1];
        bytes.extend([0; 12]);
        bytes.extend(b"\x04hi");
        bytes.extend(b"xyz");
        bytes.push(2);
        // Two items, then one with its length, then the end.
        bytes.extend([4, 2, 4, 1, 2, 6, 0]);
        bytes.extend(b"\x02\x02k\x04vw\x00");
        bytes.push(0);
        bytes
    }

    #[test]
    fn a_datum_ends_where_its_schema_says() {
        let schema = Schema::parse(ALL).unwrap();
        let mut nested = datum();
        *nested.last_mut().unwrap() = 2;
        nested.extend(datum());
        for bytes in [datum(), nested] {
            let mut more = bytes.clone();
            more.push(9);
            let mut reader = Reader::new(&more);
            schema.pass(&mut reader).unwrap();
            assert_eq!(reader.rest(), [9]);
            for cut in 0..bytes.len() {
                assert!(schema.pass(&mut Reader::new(&bytes[..cut])).is_err(), "{cut}");
            }
        }
    }

    #[test]
    fn nothing_that_is_said_takes_long_or_goes_too_deep() {
        let endless = Schema::parse(r#"{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}"#);
        let end = endless.unwrap().pass(&mut Reader::new(&[]));
        assert!(matches!(end, Err(ContainerError::Depth(_))), "{end:?}");
        let nothing = Schema::parse(r#"{"type":"array","items":"null"}"#).unwrap();
        let many = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0];
        nothing.pass(&mut Reader::new(&many)).unwrap();
        let list = r#"{"type":"record","name":"R","fields":[{"name":"r","type":["null","R"]}]}"#;
        let deep = Schema::parse(list).unwrap().pass(&mut Reader::new(&vec![2; 100_000]));
        assert!(matches!(deep, Err(ContainerError::Depth(_))), "{deep:?}");
    }
}
