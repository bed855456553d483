use crate::event::Event;
use crate::ingest::sink::EventSerializer;

/// What goes into one file by one delivery.
pub(super) struct Encoding<'s> {
    serializer: &'s dyn EventSerializer,
    out: Vec<u8>,
    /// Events that wait for the end of their block.
    block: Vec<u8>,
    in_block: u64,
    block_bytes: Option<usize>,
}

impl<'s> Encoding<'s> {
    /// `out` is a buffer that is used again.
    pub(super) fn new(serializer: &'s dyn EventSerializer, mut out: Vec<u8>) -> Self {
        let block_bytes = serializer.block_bytes();
        out.clear();
        Self { serializer, out, block: Vec::new(), in_block: 0, block_bytes }
    }

    /// What the file begins with; how long that is.
    pub(super) fn begin(&mut self) -> u64 {
        self.serializer.begin(&mut self.out);
        self.out.len() as u64
    }

    fn target(&mut self) -> &mut Vec<u8> {
        if self.block_bytes.is_some() { &mut self.block } else { &mut self.out }
    }

    /// Adds an event; how many bytes it takes.
    pub(super) fn append(&mut self, event: &Event) -> u64 {
        let serializer = self.serializer;
        let target = self.target();
        let before = target.len();
        serializer.append(event, target);
        let size = target.len().saturating_sub(before);
        self.in_block += 1;
        size as u64
    }

    /// The last event, of `size` bytes, is not for this file.
    pub(super) fn take_back(&mut self, size: u64) {
        let target = self.target();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        target.truncate(target.len().saturating_sub(size));
        self.in_block -= 1;
    }

    /// Ends the block if it is full.
    pub(super) fn settle(&mut self) {
        if self.block_bytes.is_some_and(|most| self.block.len() >= most) {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        self.serializer.end_block(self.in_block, &self.block, &mut self.out);
        self.block.clear();
        self.in_block = 0;
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if !self.block.is_empty() {
            self.end_block();
        }
        self.out
    }
}
