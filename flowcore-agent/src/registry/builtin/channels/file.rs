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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use flowcore::base::{Clock, Token};
    use flowcore::event::Event;
    use flowcore::ingest::Channel;
    use flowcore_testkit::{CrashDisk, Random};

    use super::super::tests::with_settings;
    use super::file;

    /// Whether an event is lost when the power goes so many seconds after its commit.
    async fn is_lost(keys: &str, seconds: u64, seed: u64) -> bool {
        // A checkpoint would sync the log, too.
        let keys = format!(
            "type = file\ndataDirs = data\nmaxFileSize = 65536\ncheckpointInterval = 3600000\n{keys}"
        );
        let open = |disk: CrashDisk| {
            let channel = with_settings(&keys, |settings| file(settings).unwrap());
            channel.on_disk(Arc::new(disk)).least_free_space(0).open("c1")
        };
        let disk = CrashDisk::new();
        let channel = open(disk.clone()).await.unwrap();
        let mut put = channel.begin_put().await.unwrap();
        put.put(vec![Event::new("x")]).await.unwrap();
        put.commit(Token::untracked()).await.unwrap();
        Clock::system().sleep(Duration::from_secs(seconds)).await;
        let after = disk.crash(&mut Random::new(seed));
        open(after).await.unwrap().state().waiting == 0
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_synced_when_is_as_the_keys_say() {
        let table = [
            ("", 0, true),
            ("fsyncPerTransaction = true\nfsyncInterval = 60", 0, true),
            ("fsyncPerTransaction = false", 3, false),
            ("fsyncPerTransaction = false", 7, true),
            ("fsyncPerTransaction = false\nfsyncInterval = 60", 50, false),
            ("fsyncPerTransaction = false\nfsyncInterval = 60", 62, true),
        ];
        for (keys, seconds, is_safe) in table {
            let mut lost = 0;
            for seed in 0..30 {
                lost += u32::from(is_lost(keys, seconds, seed).await);
            }
            assert_eq!(lost == 0, is_safe, "{lost} of 30 lost {seconds} s after {keys:?}");
        }
    }
}
