//! Sinks that need nobody else: null, logger, `file_roll` and the names of its files.

use std::num::NonZeroU64;
use std::time::Duration;

use flowcore::ingest::sink::{NullSink, RollingFileSink};

use super::Family;
use crate::components::{FlumeNames, HexLoggerSink};
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family { register, parts: &[], not_yet: &[] };

fn register(registry: Registry) -> Registry {
    registry
        .sink("null", null)
        .sink("logger", logger)
        .sink("file_roll", file_roll)
        .path_manager("default", |settings| {
            let names = FlumeNames::configured_now(prefix(settings), extension(settings));
            Ok(move || names.clone())
        })
        .path_manager("rolltime", |settings| {
            let names = FlumeNames::roll_time(prefix(settings), extension(settings));
            Ok(move || names.clone())
        })
}

fn prefix<'a>(settings: &Settings<'a>) -> &'a str {
    settings.text("prefix").unwrap_or("")
}

fn extension<'a>(settings: &Settings<'a>) -> &'a str {
    settings.text("extension").unwrap_or("")
}

fn null(settings: &Settings<'_>) -> Result<impl FnMut() -> NullSink + Send + use<>, SettingError> {
    // Made once: a sink that failed counts on.
    let sink = NullSink::new().log_every(NonZeroU64::new(settings.number("logEveryNEvents")?));
    Ok(move || sink.clone())
}

fn logger(settings: &Settings<'_>) -> Result<impl FnMut() -> HexLoggerSink + Send + use<>, SettingError> {
    let most = settings.number("maxBytesToLog")?;
    Ok(move || HexLoggerSink::new(most))
}

fn file_roll(
    settings: &Settings<'_>,
) -> Result<impl FnMut() -> RollingFileSink + Send + use<>, SettingError> {
    let folder = settings.path("sink.directory")?;
    let some = |number: u64| (number > 0).then_some(number);
    let age = some(settings.number("sink.rollInterval")?).map(Duration::from_secs);
    let (bytes, events) = (some(settings.number("sink.rollSize")?), some(settings.number("sink.rollCount")?));
    let sync = settings.boolean("sink.fsync")?;
    let (serializer, names) =
        (settings.serializer("sink.serializer")?, settings.path_manager("sink.pathManager")?);
    Ok(move || {
        let sink = RollingFileSink::new(&folder).named_by(names()).in_use_suffix("");
        let sink = sink.serializer(serializer.clone()).sync(sync);
        sink.roll_age(age).roll_bytes(bytes).roll_events(events)
    })
}
