//! The source taildir.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::with_causes;
use flowcore::event::Headers;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::source::tail::{FilePattern, Fingerprint, LongLines, Renamed, TailProgress};

use super::Family;
use crate::components::{TaildirEvents, TaildirSource, open_files_of_a_source};
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family { register, parts: &[], not_yet: &[] };

/// A longer line is several events; Flume has no limit but its memory.
const LONGEST_LINE: usize = 16 << 20;
/// The most of a batch in bytes, and the most files of a source.
const BATCH_BYTES: usize = 4 << 20;
const MOST_FILES: usize = 65_536;

fn register(registry: Registry) -> Registry {
    registry.source("taildir", taildir)
}

pub(super) fn is(settings: &Settings<'_>, key: &str, word: &str) -> bool {
    settings.text(key).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

/// What a taildir source was told, read once.
struct Taildir {
    patterns: Vec<FilePattern>,
    headers: Vec<Headers>,
    folders: Vec<(String, PathBuf)>,
    file_header: Option<String>,
    byte_offset: bool,
}

fn taildir(settings: &Settings<'_>) -> Result<impl FnMut() -> TaildirSource + Send + use<>, SettingError> {
    let Taildir { patterns, headers, folders, file_header, byte_offset } = Taildir::read(settings)?;
    let positions = settings.path("positionFile")?;
    let skip = settings.boolean("skipToEnd")?;
    let (idle, save) = (settings.millis("idleTimeout")?, settings.millis("writePosInterval")?);
    let batch = settings.number("batchSize")?;
    let in_turn: u64 = settings.number("maxBatchCount")?;
    // Flume's default: for ever.
    let in_turn = (in_turn < i64::MAX.unsigned_abs()).then_some(in_turn);
    let remember = settings.boolean("cachePatternMatching")?;
    // Shorter ones would be one look after the other.
    let pause = |key: &str| settings.millis(key).map(|pause| pause.max(Duration::from_millis(10)));
    let (step, most) = (pause("backoffSleepIncrement")?, pause("maxBackoffSleep")?);
    let renamed = if is(settings, "renamed", "restart") { Renamed::Restart } else { Renamed::Continue };
    let fingerprint =
        if is(settings, "fingerprint", "inode") { Fingerprint::Inode } else { Fingerprint::Content };
    // Known to the sources that follow each other after failures.
    let progress = TailProgress::default();
    Ok(move || {
        let mut events = TaildirEvents::new(headers.clone(), file_header.as_deref(), byte_offset);
        let source = TailSource::matching(patterns.clone(), move |line| events.event(line))
            .flume_positions(&positions)
            .skip_unknown(skip)
            .idle_timeout(idle)
            .rotate_wait(idle.min(Duration::from_secs(5)))
            .save_every(save)
            .batch(batch, BATCH_BYTES)
            .max_in_turn(in_turn)
            .max_line(LONGEST_LINE)
            .crlf(true)
            .long_lines(LongLines::Split)
            .max_files(MOST_FILES)
            .max_open(open_files_of_a_source())
            .remember_folders(remember)
            .poll_slower(step, most)
            .renamed(renamed)
            .fingerprint(fingerprint)
            .with_progress(progress.clone());
        TaildirSource::new(source, folders.clone())
    })
}

impl Taildir {
    fn read(settings: &Settings<'_>) -> Result<Self, SettingError> {
        let groups: Vec<String> =
            settings.required("filegroups")?.split_ascii_whitespace().map(str::to_owned).collect();
        let (mut patterns, mut headers, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        for group in &groups {
            let key = format!("filegroups.{group}");
            let text = settings.required(&key)?;
            let is_tree = settings.boolean(&format!("{key}.glob"))?;
            let pattern = if is_tree { FilePattern::tree(text) } else { FilePattern::regex(text) };
            let pattern = pattern.map_err(|error| settings.error(&key, with_causes(&error)))?;
            if !is_tree {
                folders.push((group.clone(), pattern.folder().to_path_buf()));
            }
            patterns.push(pattern);
            headers.push(headers_of(settings, group));
        }
        let file_header = settings.boolean("fileHeader")?.then(|| settings.required("fileHeaderKey"));
        let file_header = file_header.transpose()?.map(str::to_owned);
        let byte_offset = settings.boolean("byteOffsetHeader")?;
        Ok(Self { patterns, headers, folders, file_header, byte_offset })
    }
}

/// `headers.<group>.<name>`
fn headers_of(settings: &Settings<'_>, group: &str) -> Headers {
    let prefix = format!("headers.{group}.");
    let mut headers = Headers::default();
    for (key, value) in settings.written() {
        if let Some(name) = key.strip_prefix(&prefix) {
            headers.insert(Arc::from(name), Arc::from(value));
        }
    }
    headers
}
