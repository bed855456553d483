use std::path::PathBuf;

use flowcore::event::Event;
use flowcore::ingest::{FileChannel, FileChannelBuilder, MemoryChannel, MemoryChannelBuilder, SyncPolicy};

use super::Family;
use crate::components::memory_limit;
use crate::keys::Section;
use crate::registry::settings::at_home;
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family =
    Family { register, parts: &[], not_yet: &[(Section::Channel, "file", ENCRYPTION)] };

const ENCRYPTION: &[&str] = &[
    "encryption.activeKey",
    "encryption.cipherProvider",
    "encryption.keyProvider",
    "encryption.keyProvider.keys",
];

fn register(registry: Registry) -> Registry {
    registry.channel("memory", memory).channel("pseudotxnmemory", pseudo_memory).channel("file", file)
}

fn memory(settings: &Settings<'_>) -> Result<MemoryChannelBuilder, SettingError> {
    let bytes = match settings.text("byteCapacity") {
        None => memory_limit() / 5 * 4,
        Some("0") => usize::MAX,
        Some(_) => settings.number("byteCapacity")?,
    };
    let channel = MemoryChannel::<Event>::builder().capacity(settings.number("capacity")?);
    let channel = channel.transaction(settings.number("transactionCapacity")?).bytes(bytes);
    Ok(channel.keep_alive(settings.seconds("keep-alive")?))
}

fn pseudo_memory(settings: &Settings<'_>) -> Result<MemoryChannelBuilder, SettingError> {
    let capacity = settings.number("capacity")?;
    let channel = MemoryChannel::<Event>::builder().capacity(capacity).transaction(capacity);
    Ok(channel.bytes(memory_limit() / 5 * 4).keep_alive(settings.seconds("keep-alive")?))
}

fn file(settings: &Settings<'_>) -> Result<FileChannelBuilder<Event>, SettingError> {
    /// Flume's own default is 2 GiB; a segment of ours is smaller.
    const SEGMENT: u64 = 128 << 20;
    let folders: Vec<PathBuf> =
        settings.required("dataDirs")?.split(',').map(str::trim).map(at_home).collect();
    if let Some(folder) = folders.iter().find(|folder| has_logs_of_flume(folder)) {
        let problem = format!(
            "names {}, which holds Flume's own log files: let Flume's agent drain them, then remove them",
            folder.display()
        );
        return Err(settings.error("dataDirs", problem));
    }
    let sync = if settings.boolean("fsyncPerTransaction")? {
        SyncPolicy::EachCommit
    } else {
        SyncPolicy::Interval(settings.seconds("fsyncInterval")?)
    };
    let channel = FileChannel::<Event>::builder(folders)
        .capacity(settings.number("capacity")?)
        .transaction(settings.number("transactionCapacity")?)
        .keep_alive(settings.seconds("keep-alive")?)
        .segment_bytes(settings.number::<u64>("maxFileSize")?.min(SEGMENT))
        .least_free_space(settings.number("minimumRequiredSpace")?);
    Ok(channel.sync(sync).strict_recovery(settings.boolean("strictRecovery")?))
}

/// `log-1`, `log-2`, … with a `.meta` beside each.
fn has_logs_of_flume(folder: &std::path::Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.filter_map(Result::ok).take(10_000).any(|entry| {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("log-"));
        number.is_some_and(|number| {
            number.strip_suffix(".meta").is_some_and(|number| number.parse::<u64>().is_ok())
        })
    })
}
