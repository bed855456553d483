use super::WireError;
use super::message::{Field, Message, Type};
use super::reader::Reader;

/// One of the protocols: how each value is read and written.
pub(super) trait Encoding {
    fn message<'a>(reader: &mut Reader<'a>) -> Result<Message<'a>, WireError>;
    /// The next field of a structure, whose last one was `last`; `None` at its end.
    fn field(reader: &mut Reader<'_>, last: i16) -> Result<Option<Field>, WireError>;
    /// Type and number of the elements; also of a set.
    fn list(reader: &mut Reader<'_>) -> Result<(Type, usize), WireError>;
    /// Types and number of the entries; an empty one has no types.
    fn map(reader: &mut Reader<'_>) -> Result<Option<(Type, Type, usize)>, WireError>;
    fn bytes<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError>;
    fn int(reader: &mut Reader<'_>) -> Result<i32, WireError>;
    /// Skips an integer of this many bytes of memory.
    fn skip_integer(reader: &mut Reader<'_>, size: usize) -> Result<(), WireError>;

    fn write_message(out: &mut Vec<u8>, message: Message<'_>);
    /// The field `id` behind `last`.
    fn write_field(out: &mut Vec<u8>, field: Field, last: i16);
    /// A list of structures.
    fn write_list(out: &mut Vec<u8>, count: usize);
    /// A map from text to text.
    fn write_map(out: &mut Vec<u8>, count: usize);
    fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]);
    fn write_int(out: &mut Vec<u8>, value: i32);

    fn write_stop(out: &mut Vec<u8>) {
        out.push(0);
    }
}
