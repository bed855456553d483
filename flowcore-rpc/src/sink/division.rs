use flowcore::event::Event;

use crate::ClientProtocol;

/// Divides the events of a delivery into calls.
pub(super) struct Division<'a, P> {
    protocol: &'a P,
    batch: usize,
    rest: &'a [Event],
}

impl<'a, P: ClientProtocol> Division<'a, P> {
    /// Calls of up to `batch` events, and no more than the protocol fits into one.
    pub(super) fn new(events: &'a [Event], batch: usize, protocol: &'a P) -> Self {
        Self { protocol, batch, rest: events }
    }
}

impl<'a, P: ClientProtocol> Iterator for Division<'a, P> {
    type Item = &'a [Event];

    fn next(&mut self) -> Option<&'a [Event]> {
        let most = &self.rest[..self.batch.min(self.rest.len())];
        if most.is_empty() {
            return None;
        }
        let (call, rest) = self.rest.split_at(self.protocol.fitting(most).clamp(1, most.len()));
        self.rest = rest;
        Some(call)
    }
}
