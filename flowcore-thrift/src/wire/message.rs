/// What stands before the arguments of a call, or before its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) kind: u8,
    /// Chosen by who asks; an answer has that of its question.
    pub(super) serial: i32,
    pub(super) name: &'a [u8],
}

pub(super) const CALL: u8 = 1;
pub(super) const REPLY: u8 = 2;
pub(super) const EXCEPTION: u8 = 3;
/// A call that wants no answer. Flume has none, and answers if one comes.
pub(super) const ONEWAY: u8 = 4;

/// The types of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// One byte.
    Bool,
    /// A boolean that was said with its field and takes no bytes.
    Flag,
    Byte,
    I16,
    I32,
    I64,
    Double,
    /// Bytes or text.
    Bytes,
    Struct,
    Map,
    Set,
    List,
    Uuid,
}

/// What stands before a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) id: i16,
    pub(super) of: Type,
}
