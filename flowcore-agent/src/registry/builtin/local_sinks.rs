use std::time::Duration;

use flowcore::ingest::sink::{NullSink, RollingFileSink};

use super::Family;
use crate::components::HexLoggerSink;
use crate::keys::Section;
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family {
    register,
    parts: &[(Section::PathManager, "default")],
    not_yet: &[(Section::Sink, "null", &["logEveryNEvents"])],
};

fn register(registry: Registry) -> Registry {
    registry.sink("null", |_| Ok(NullSink::new)).sink("logger", logger).sink("file_roll", file_roll)
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
