/// How much a peer may send: beyond that its connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all buffers of a frame together.
    pub frame_bytes: usize,
    /// Buffers of a frame.
    pub buffers: u32,
    /// Events of one call.
    pub events: usize,
    /// Headers of one event, and entries of any other map.
    pub headers: usize,
}

impl Default for Limits {
    /// 64 MiB in up to 65,536 buffers, 100,000 events, 256 headers.
    fn default() -> Self {
        Self { frame_bytes: 64 << 20, buffers: 65_536, events: 100_000, headers: 256 }
    }
}
