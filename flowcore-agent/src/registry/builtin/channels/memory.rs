use flowcore::event::Event;
use flowcore::ingest::{MemoryChannel, MemoryChannelBuilder};

use crate::components::memory_limit;
use crate::registry::{SettingError, Settings};

/// Bytes of a slot: a body takes whole ones.
const SLOT: usize = 100;

pub(super) fn memory(settings: &Settings<'_>) -> Result<MemoryChannelBuilder, SettingError> {
    let channel = MemoryChannel::<Event>::builder().capacity(settings.number("capacity")?);
    let channel = channel.transaction(settings.number("transactionCapacity")?);
    let channel = in_slots(channel, settings, SLOT)?;
    Ok(channel.keep_alive(settings.seconds("keep-alive")?))
}

pub(super) fn pseudo(settings: &Settings<'_>) -> Result<MemoryChannelBuilder, SettingError> {
    let capacity = settings.number("capacity")?;
    let channel = MemoryChannel::<Event>::builder().capacity(capacity).transaction(capacity);
    let channel = channel.weigh_by(SLOT, slots).bytes(memory_limit() / 5 * 4);
    Ok(channel.keep_alive(settings.seconds("keep-alive")?))
}

/// Counts bodies in slots, and keeps a share of the bytes for headers.
pub(super) fn in_slots(
    channel: MemoryChannelBuilder,
    settings: &Settings<'_>,
    slot: usize,
) -> Result<MemoryChannelBuilder, SettingError> {
    let bytes = match settings.text("byteCapacity") {
        None => memory_limit() / 5 * 4,
        Some("0") => return Ok(channel.weigh_by(slot, slots).bytes(usize::MAX)),
        Some(_) => settings.number("byteCapacity")?,
    };
    let buffer: usize = settings.number("byteCapacityBufferPercentage")?;
    let bodies =
        u128::try_from(bytes).unwrap_or(u128::MAX).saturating_mul(100 - buffer.min(99) as u128) / 100;
    let bodies = usize::try_from(bodies).unwrap_or(usize::MAX);
    Ok(channel.weigh_by(slot, slots).bytes((bodies / slot).max(1) * slot))
}

/// An empty body is one slot. Most bodies are: they are not divided.
fn slots(event: &Event, slot: usize) -> usize {
    let length = event.body.len();
    if length <= slot { slot } else { length.div_ceil(slot).saturating_mul(slot) }
}
