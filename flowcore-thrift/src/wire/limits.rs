/// How much a peer may send: beyond that its connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a frame.
    pub frame_bytes: usize,
    /// Events of one call.
    pub events: usize,
    /// Headers of one event.
    pub headers: usize,
    /// Bytes of a header's name or value, and of any other text.
    pub text_bytes: usize,
    /// Structures within structures, in fields that nobody here knows.
    pub depth: usize,
}

impl Default for Limits {
    /// 16,384,000 bytes as in Flume, 100,000 events, 256 headers, 1 MiB of text, 64 deep.
    fn default() -> Self {
        Self { frame_bytes: 16_384_000, events: 100_000, headers: 256, text_bytes: 1 << 20, depth: 64 }
    }
}
