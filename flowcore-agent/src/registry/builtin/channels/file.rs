use std::path::PathBuf;

use flowcore::event::Event;
use flowcore::ingest::{Checkpoints, FileChannel, FileChannelBuilder, SyncPolicy};

use super::encryption::encrypted;
use crate::registry::settings::at_home;
use crate::registry::{SettingError, Settings};

/// Flume's own default is 2 GiB; a segment of ours is smaller.
const SEGMENT: u64 = 128 << 20;

pub(super) fn file(settings: &Settings<'_>) -> Result<FileChannelBuilder<Event>, SettingError> {
    let channel = on_disk(settings)?.capacity(settings.number("capacity")?);
    Ok(channel.keep_alive(settings.seconds("keep-alive")?))
}

/// All but how much it holds, and for how long a put waits.
pub(super) fn on_disk(settings: &Settings<'_>) -> Result<FileChannelBuilder<Event>, SettingError> {
    let sync = if settings.boolean("fsyncPerTransaction")? {
        SyncPolicy::EachCommit
    } else {
        SyncPolicy::Interval(settings.seconds("fsyncInterval")?)
    };
    let channel = FileChannel::<Event>::builder(folders(settings)?)
        .transaction(settings.number("transactionCapacity")?)
        .segment_bytes(settings.number::<u64>("maxFileSize")?.min(SEGMENT))
        .least_free_space(settings.number::<u64>("minimumRequiredSpace")?.max(1 << 20))
        .sync(sync)
        .strict_recovery(settings.boolean("strictRecovery")?);
    encrypted(channel.checkpoints(checkpoints(settings)?), settings)
}

/// Without a folder of their own they are in the first one for data, so that two channels do not meet in Flume's
/// default.
fn checkpoints(settings: &Settings<'_>) -> Result<Checkpoints, SettingError> {
    let is_written = settings.written().any(|(key, _)| key == "checkpointDir");
    let first = || folders(settings).map(|folders| folders.into_iter().next().unwrap_or_default());
    let folder = if is_written { settings.path("checkpointDir")? } else { first()? };
    let checkpoints = Checkpoints::new(folder)
        .every(settings.millis("checkpointInterval")?)
        .on_close(settings.boolean("checkpointOnClose")?);
    if !settings.boolean("useDualCheckpoints")? {
        return Ok(checkpoints);
    }
    Ok(checkpoints.copy_to(settings.path("backupCheckpointDir")?))
}

fn folders(settings: &Settings<'_>) -> Result<Vec<PathBuf>, SettingError> {
    let folders: Vec<PathBuf> =
        settings.required("dataDirs")?.split(',').map(str::trim).map(at_home).collect();
    if let Some(folder) = folders.iter().find(|folder| has_logs_of_flume(folder)) {
        let problem = format!(
            "names {}, which holds Flume's own log files: let Flume's agent drain them, then remove them",
            folder.display()
        );
        return Err(settings.error("dataDirs", problem));
    }
    Ok(folders)
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
