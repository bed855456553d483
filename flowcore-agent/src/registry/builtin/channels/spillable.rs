use flowcore::event::Event;
use flowcore::ingest::{MemoryChannel, SpillableChannel, SpillableChannelBuilder};

use super::file::on_disk;
use super::memory::in_slots;
use crate::registry::{SettingError, Settings};

pub(super) fn spillable(settings: &Settings<'_>) -> Result<SpillableChannelBuilder, SettingError> {
    let (memory, overflow): (usize, usize) =
        (settings.number("memoryCapacity")?, settings.number("overflowCapacity")?);
    if memory == 0 && overflow == 0 {
        return Err(settings.error("memoryCapacity", "and `overflowCapacity` are both 0"));
    }
    let mut channel = SpillableChannel::<Event>::builder()
        .transaction(settings.number("transactionCapacity")?)
        .overflow_timeout(settings.seconds("overflowTimeout")?)
        .deactivation_threshold(settings.number("overflowDeactivationThreshold")?);
    if memory > 0 {
        let part = MemoryChannel::builder().capacity(memory);
        channel = channel.memory(in_slots(part, settings, settings.number("avgEventSize")?)?);
    }
    if overflow > 0 {
        channel = channel.disk(on_disk(settings)?.capacity(overflow));
    }
    Ok(channel)
}
