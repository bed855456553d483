use std::path::PathBuf;
use std::time::Duration;

use flowcore::event::Event;
use flowcore::ingest::sink::{NullSink, RollingFileSink};
use flowcore::ingest::{FileChannel, FileChannelBuilder, MemoryChannel, MemoryChannelBuilder, SyncPolicy};

use super::factories::Registry;
use super::settings::{SettingError, Settings, at_home};
use crate::components::{FlumeExecSource, HexLoggerSink, SequenceSource, SetHeader, memory_limit};
use crate::keys::Section;

/// Parts of components that run.
pub(super) const RUNNING_PARTS: [(Section, &str); 7] = [
    (Section::Selector, "replicating"),
    (Section::Selector, "multiplexing"),
    (Section::SinkProcessor, "default"),
    (Section::Serializer, "text"),
    (Section::PathManager, "default"),
    (Section::ConfigFilter, "env"),
    (Section::ConfigFilter, "external"),
];

/// Keys that are known and cannot be followed yet.
pub(super) fn not_yet(section: Section, name: &str) -> &'static [&'static str] {
    match (section, name) {
        (Section::Source, "exec") => &["charset"],
        (Section::Source, "stress") => &["maxEventsPerSecond"],
        (Section::Sink, "null") => &["logEveryNEvents"],
        (Section::Serializer, "text") => &["appendNewline"],
        (Section::Channel, "file") => &[
            "encryption.activeKey",
            "encryption.cipherProvider",
            "encryption.keyProvider",
            "encryption.keyProvider.keys",
        ],
        _ => &[],
    }
}

pub(super) fn register(registry: Registry) -> Registry {
    registry
        .source("exec", exec)
        .source("seq", seq)
        .source("stress", stress)
        .channel("memory", memory)
        .channel("pseudotxnmemory", pseudo_memory)
        .channel("file", file)
        .sink("null", |_| Ok(NullSink::new))
        .sink("logger", logger)
        .sink("file_roll", file_roll)
        .interceptor("timestamp", timestamp)
        .interceptor("static", fixed)
}

fn exec(settings: &Settings<'_>) -> Result<impl FnMut() -> FlumeExecSource + Send + use<>, SettingError> {
    let command = settings.required("command")?;
    let words: Vec<String> = match settings.text("shell") {
        Some(shell) => shell.split_ascii_whitespace().chain([command]).map(str::to_owned).collect(),
        None => command.split_ascii_whitespace().map(str::to_owned).collect(),
    };
    if words.is_empty() {
        return Err(settings.error("command", "is empty"));
    }
    let restart = if settings.boolean("restart")? { Some(settings.millis("restartThrottle")?) } else { None };
    let batch = settings.number("batchSize")?;
    Ok(move || FlumeExecSource::new(&words, restart, batch))
}

fn seq(settings: &Settings<'_>) -> Result<impl FnMut() -> SequenceSource + Send + use<>, SettingError> {
    let (batch, total) = (settings.number("batchSize")?, settings.number("totalEvents")?);
    // Made once: a source that failed goes on where it was.
    let source = SequenceSource::new(batch, total);
    Ok(move || source.clone())
}

fn stress(settings: &Settings<'_>) -> Result<impl FnMut() -> SequenceSource + Send + use<>, SettingError> {
    /// A larger body would be refused by any channel.
    const LARGEST: usize = 64 << 20;
    let limit = |key: &str| -> Result<u64, SettingError> {
        // A negative number is none.
        Ok(u64::try_from(settings.number::<i64>(key)?).unwrap_or(u64::MAX))
    };
    let total = limit("maxTotalEvents")?.min(limit("maxSuccessfulEvents")?);
    let size: usize = settings.number("size")?;
    if size > LARGEST {
        return Err(settings.error("size", format!("is above {LARGEST}")));
    }
    let source = SequenceSource::stress(settings.number("batchSize")?, total, size);
    Ok(move || source.clone())
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

fn logger(settings: &Settings<'_>) -> Result<impl FnMut() -> HexLoggerSink + Send + use<>, SettingError> {
    let most = settings.number("maxBytesToLog")?;
    Ok(move || HexLoggerSink::new(most))
}

fn file_roll(
    settings: &Settings<'_>,
) -> Result<impl FnMut() -> RollingFileSink + Send + use<>, SettingError> {
    let folder = settings.path("sink.directory")?;
    let prefix = settings.text("sink.pathManager.prefix").unwrap_or("").to_owned();
    let extension = settings.text("sink.pathManager.extension").unwrap_or("");
    let suffix = if extension.is_empty() { String::new() } else { format!(".{extension}") };
    let some = |number: u64| (number > 0).then_some(number);
    let age = some(settings.number("sink.rollInterval")?).map(Duration::from_secs);
    let (bytes, events) = (some(settings.number("sink.rollSize")?), some(settings.number("sink.rollCount")?));
    let sync = settings.boolean("sink.fsync")?;
    Ok(move || {
        let sink = RollingFileSink::new(&folder).names(&prefix, &suffix).in_use_suffix("");
        sink.roll_age(age).roll_bytes(bytes).roll_events(events).sync(sync)
    })
}

fn timestamp(settings: &Settings<'_>) -> Result<SetHeader, SettingError> {
    Ok(SetHeader::time(settings.required("headerName")?, settings.boolean("preserveExisting")?))
}

fn fixed(settings: &Settings<'_>) -> Result<SetHeader, SettingError> {
    let (name, value) = (settings.required("key")?, settings.required("value")?);
    Ok(SetHeader::fixed(name, value, settings.boolean("preserveExisting")?))
}
