use super::Family;
use crate::components::{FlumeExecSource, SequenceSource};
use crate::keys::Section;
use crate::registry::{SettingError, Settings};

pub(super) const FAMILY: Family = Family {
    register: |registry| registry.source("exec", exec).source("seq", seq).source("stress", stress),
    parts: &[],
    not_yet: &[(Section::Source, "exec", &["charset"]), (Section::Source, "stress", &["maxEventsPerSecond"])],
};

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
