//! The source spooldir, and what cuts its files into events.

use std::path::PathBuf;
use std::sync::Arc;

use flowcore::base::{LocalDisk, with_causes};
use flowcore::ingest::pattern::Pattern;

use super::Family;
use super::files::is;
use crate::keys::{Section, find};
use crate::registry::{Registry, SettingError, Settings};
use crate::spool::{
    AvroDeserializer, BlobDeserializer, Charset, ConsumeOrder, DecodeErrors, Done, LineDeserializer,
    LineOptions, MakeDeserializer, SchemaHeader, SpoolOptions, SpoolSource, Wanted,
};

pub(super) const FAMILY: Family = Family {
    register,
    parts: &[
        (Section::Deserializer, "line"),
        (Section::Deserializer, "avro"),
        (Section::Deserializer, "blob"),
    ],
    not_yet: &[],
};

fn register(registry: Registry) -> Registry {
    registry.source("spooldir", spooldir)
}

fn spooldir(settings: &Settings<'_>) -> Result<impl FnMut() -> SpoolSource + Send + use<>, SettingError> {
    let options = spool_options(settings)?;
    Ok(move || SpoolSource::new(options.clone()))
}

fn spool_options(settings: &Settings<'_>) -> Result<SpoolOptions, SettingError> {
    let folder = settings.path("spoolDir")?;
    let tracker = folder.join(settings.path("trackerDir")?);
    let done = done(settings)?;
    let header = |wanted: &str, name: &str| -> Result<Option<Arc<str>>, SettingError> {
        settings.boolean(wanted)?.then(|| settings.required(name).map(Arc::from)).transpose()
    };
    Ok(SpoolOptions {
        wanted: wanted(settings, (done == Done::Track).then(|| tracker.clone()))?,
        folder,
        tracker,
        done,
        file_header: header("fileHeader", "fileHeaderKey")?,
        basename_header: header("basenameHeader", "basenameHeaderKey")?,
        poll: settings.millis("pollDelay")?,
        watch: true,
        max_backoff: settings.millis("maxBackoff")?,
        batch: settings.number("batchSize")?,
        deserializer: deserializer(settings)?,
        disk: Arc::new(LocalDisk),
    })
}

fn done(settings: &Settings<'_>) -> Result<Done, SettingError> {
    match (is(settings, "deletePolicy", "immediate"), is(settings, "trackingPolicy", "tracker_dir")) {
        (true, true) => Err(settings.error("trackingPolicy", "has no use where files are removed")),
        (true, false) => Ok(Done::Remove),
        (false, true) => Ok(Done::Track),
        (false, false) => Ok(Done::Rename),
    }
}

fn wanted(settings: &Settings<'_>, done_in: Option<PathBuf>) -> Result<Wanted, SettingError> {
    let pattern = |key: &str| {
        Pattern::whole(settings.required(key)?).map_err(|error| settings.error(key, with_causes(&error)))
    };
    let order = match settings.text("consumeOrder") {
        Some(word) if word.eq_ignore_ascii_case("youngest") => ConsumeOrder::Youngest,
        Some(word) if word.eq_ignore_ascii_case("random") => ConsumeOrder::Random,
        _ => ConsumeOrder::Oldest,
    };
    Ok(Wanted {
        include: pattern("includePattern")?,
        ignore: pattern("ignorePattern")?,
        suffix: settings.required("fileSuffix")?.to_owned(),
        recursive: settings.boolean("recursiveDirectorySearch")?,
        order,
        done_in,
    })
}

/// One of the user's under this name, or ours. What a line is, keys of the source say, too.
fn deserializer(settings: &Settings<'_>) -> Result<MakeDeserializer, SettingError> {
    if let Some(own) = settings.own_deserializer("deserializer") {
        return own;
    }
    let written = settings.text("deserializer").unwrap_or("LINE");
    let name = find(Section::Deserializer, written).map_or("", |found| found.component.name);
    match name {
        "line" => {
            let options = line_options(settings)?;
            Ok(Arc::new(move || Box::new(LineDeserializer::new(options))))
        }
        "avro" => {
            let is_literal = is(settings, "deserializer.schemaType", "LITERAL");
            let header = if is_literal { SchemaHeader::Literal } else { SchemaHeader::Hash };
            Ok(Arc::new(move || Box::new(AvroDeserializer::new(header))))
        }
        "blob" => {
            let key = "deserializer.maxBlobLength";
            let most = settings.optional(key, Settings::number::<usize>)?.unwrap_or(100_000_000);
            Ok(Arc::new(move || Box::new(BlobDeserializer::new(most))))
        }
        _ => Err(settings.error("deserializer", format!("names `{written}`, which nobody makes"))),
    }
}

fn line_options(settings: &Settings<'_>) -> Result<LineOptions, SettingError> {
    let charset = |key: &str| {
        let name = settings.text(key).unwrap_or("UTF-8");
        let problem = "is no character set in which a newline is one byte";
        Charset::named(name).ok_or_else(|| settings.error(key, problem))
    };
    let is_written = |key: &str| settings.written().any(|(name, _)| name == key);
    // The old name holds where the new one is not there.
    let most = ["deserializer.maxLineLength", "bufferMaxLineLength"].into_iter().find(|key| is_written(key));
    let errors = match settings.text("decodeErrorPolicy") {
        Some(word) if word.eq_ignore_ascii_case("REPLACE") => DecodeErrors::Replace,
        Some(word) if word.eq_ignore_ascii_case("IGNORE") => DecodeErrors::Ignore,
        _ => DecodeErrors::Fail,
    };
    Ok(LineOptions {
        most: most.map_or(Ok(2048), |key| settings.number(key))?,
        input: charset("inputCharset")?,
        output: charset("deserializer.outputCharset")?,
        errors,
        strip_carriage_return: settings.boolean("deserializer.stripCarriageReturn")?,
    })
}
