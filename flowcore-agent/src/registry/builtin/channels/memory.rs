use flowcore::event::Event;
use flowcore::ingest::{MemoryChannel, MemoryChannelBuilder};

use crate::components::memory_limit;
use crate::registry::{SettingError, Settings};

pub(super) fn memory(settings: &Settings<'_>) -> Result<MemoryChannelBuilder, SettingError> {
    let bytes = match settings.text("byteCapacity") {
        None => memory_limit() / 5 * 4,
        Some("0") => usize::MAX,
        Some(_) => settings.number("byteCapacity")?,
    };
    let channel = MemoryChannel::<Event>::builder().capacity(settings.number("capacity")?);
    let channel = channel.transaction(settings.number("transactionCapacity")?).bytes(bytes);
    Ok(channel.keep_alive(settings.seconds("keep-alive")?))
}

pub(super) fn pseudo(settings: &Settings<'_>) -> Result<MemoryChannelBuilder, SettingError> {
    let capacity = settings.number("capacity")?;
    let channel = MemoryChannel::<Event>::builder().capacity(capacity).transaction(capacity);
    Ok(channel.bytes(memory_limit() / 5 * 4).keep_alive(settings.seconds("keep-alive")?))
}
