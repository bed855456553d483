use super::Protocol;

/// Why the bytes of a peer are not what the protocol says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The frame ends in the middle of a value.
    #[error("a value reaches beyond the end of its frame")]
    Truncated,
    /// Bytes are left after the last value.
    #[error("{0} bytes are left after the last value of a frame")]
    Left(usize),
    /// An integer has more bytes than its type can have.
    #[error("an integer is longer than its type allows")]
    Varint,
    /// A length or count is negative.
    #[error("the length {0} cannot be")]
    Length(i64),
    /// A frame begins like no message.
    #[error("a message begins with the byte {0:#04x}, which none does: TLS, or no Thrift?")]
    NoMessage(u8),
    /// A message is of another protocol.
    #[error("it speaks the {0} protocol")]
    OtherProtocol(Protocol),
    /// A message is no call where one is due, or no answer.
    #[error("a message of the type {0} is not due here")]
    MessageType(u8),
    /// An answer has another sequence number than its call.
    #[error("an answer has the sequence number {0} and not {1}")]
    Serial(i32, i32),
    /// A value has a type that there is not.
    #[error("there is no type {0}")]
    Type(u8),
    /// A list or map holds something else.
    #[error("{0} hold something else")]
    Elements(&'static str),
    /// A frame has more bytes than the limit.
    #[error("a frame has {0} bytes: the limit is {1}")]
    FrameTooLong(u64, usize),
    /// A call has more events than the limit.
    #[error("a call has more than {0} events")]
    TooManyEvents(usize),
    /// An event has more headers than the limit.
    #[error("an event has more than {0} headers")]
    TooManyHeaders(usize),
    /// A text is longer than the limit.
    #[error("a text has more than {0} bytes")]
    TextTooLong(usize),
    /// Structures lie within structures more often than the limit.
    #[error("structures are more than {0} deep")]
    TooDeep(usize),
    /// The events take far more memory than their bytes on the wire.
    #[error("the events of a call would take more than {0} bytes of memory")]
    TooMuchMemory(usize),
}
