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
    /// A length or count is negative, or larger than any memory.
    #[error("the length {0} cannot be")]
    Length(i64),
    /// A string is not UTF-8.
    #[error("a string is not UTF-8")]
    Utf8,
    /// A union, boolean or enumeration has a value that its type does not have.
    #[error("{0} is no value of {1}")]
    Choice(i64, &'static str),
    /// A frame has more bytes than the limit.
    #[error("a frame has {0} bytes or more: the limit is {1}")]
    FrameTooLong(u64, usize),
    /// A frame has more buffers than the limit.
    #[error("a frame has {0} buffers: the limit is {1}")]
    TooManyBuffers(u32, u32),
    /// A call has more events than the limit.
    #[error("a call has more than {0} events")]
    TooManyEvents(usize),
    /// A map has more entries than the limit.
    #[error("a map has more than {0} entries")]
    TooManyHeaders(usize),
    /// The events take far more memory than their bytes on the wire.
    #[error("the events of a call would take more than {0} bytes of memory")]
    TooMuchMemory(usize),
}
