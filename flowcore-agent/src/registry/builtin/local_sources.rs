//! Sources that need nobody else: exec, seq and stress.

use flowcore::ingest::source::{ExecSource, SeqSource, StressSource};

use super::Family;
use crate::components::FlumeExecSource;
use crate::registry::{SettingError, Settings};

pub(super) const FAMILY: Family = Family {
    register: |registry| registry.source("exec", exec).source("seq", seq).source("stress", stress),
    parts: &[],
    not_yet: &[],
};

/// Flume has no limit. What is beyond is cut off, with a header that says so.
const LONGEST_LINE: usize = 16 * 1024 * 1024;

fn exec(settings: &Settings<'_>) -> Result<impl FnMut() -> FlumeExecSource + Send + use<>, SettingError> {
    let command = settings.required("command")?;
    let words: Vec<String> = match settings.text("shell") {
        Some(shell) => shell.split_ascii_whitespace().chain([command]).map(str::to_owned).collect(),
        None => command.split_ascii_whitespace().map(str::to_owned).collect(),
    };
    let Some((program, arguments)) = words.split_first() else {
        return Err(settings.error("command", "is empty"));
    };
    let (program, arguments) = (program.clone(), arguments.to_vec());
    let restart = if settings.boolean("restart")? { Some(settings.millis("restartThrottle")?) } else { None };
    let (batch, wait) = (settings.number("batchSize")?, settings.millis("batchTimeout")?);
    let log = settings.boolean("logStdErr")?;
    Ok(move || {
        let source = ExecSource::new(&program, arguments.iter().cloned()).restart(restart);
        let source = source.max_line(LONGEST_LINE).crlf(true);
        FlumeExecSource::new(source.batch(batch).batch_timeout(Some(wait)).log_stderr(log))
    })
}

/// Made once: a source that failed goes on where it was.
fn seq(settings: &Settings<'_>) -> Result<impl FnMut() -> SeqSource + Send + use<>, SettingError> {
    let source = SeqSource::new().batch_size(settings.number("batchSize")?);
    let source = source.total_events(settings.number("totalEvents")?);
    Ok(move || source.clone())
}

/// Made once, as above.
fn stress(settings: &Settings<'_>) -> Result<impl FnMut() -> StressSource + Send + use<>, SettingError> {
    // A negative number is no limit.
    let limit = |key: &str| settings.number::<i64>(key).map(|most| u64::try_from(most).ok());
    let source = StressSource::new()
        .size(settings.number("size")?)
        .batch_size(settings.number("batchSize")?)
        .max_total_events(limit("maxTotalEvents")?)
        .max_successful_events(limit("maxSuccessfulEvents")?)
        .max_events_per_second(settings.number("maxEventsPerSecond")?)
        .pauses(settings.millis("backoffSleepIncrement")?, settings.millis("maxBackoffSleep")?);
    Ok(move || source.clone())
}
