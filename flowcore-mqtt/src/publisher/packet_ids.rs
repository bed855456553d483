use std::collections::VecDeque;

/// Numbers for packets, from 1 on; one that was given back is used again as late as possible.
#[derive(Debug)]
pub(super) struct PacketIds {
    free: VecDeque<u16>,
    /// The largest number given out so far.
    used: u16,
}

impl PacketIds {
    pub(super) fn new() -> Self {
        Self { free: VecDeque::new(), used: 0 }
    }

    /// `None` when all are in use.
    pub(super) fn take(&mut self) -> Option<u16> {
        if let Some(next) = self.used.checked_add(1) {
            self.used = next;
            return Some(next);
        }
        self.free.pop_front()
    }

    pub(super) fn give_back(&mut self, id: u16) {
        self.free.push_back(id);
    }
}
