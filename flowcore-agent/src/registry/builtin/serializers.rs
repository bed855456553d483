//! How events become the bytes of files.

use flowcore::ingest::sink::{HeaderAndTextSerializer, TextSerializer};
use flowcore_avro::container::{AvroEventSerializer, BlockCodec};

use super::Family;
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family { register, parts: &[], not_yet: &[] };

fn register(registry: Registry) -> Registry {
    registry
        .serializer("text", text)
        .serializer("header_and_text", header_and_text)
        .serializer("avro_event", avro_event)
}

fn text(settings: &Settings<'_>) -> Result<TextSerializer, SettingError> {
    Ok(TextSerializer::new().append_newline(settings.boolean("appendNewline")?))
}

fn header_and_text(settings: &Settings<'_>) -> Result<HeaderAndTextSerializer, SettingError> {
    Ok(HeaderAndTextSerializer::new().append_newline(settings.boolean("appendNewline")?))
}

fn avro_event(settings: &Settings<'_>) -> Result<AvroEventSerializer, SettingError> {
    let codec = BlockCodec::named(settings.required("compressionCodec")?).ok_or_else(|| {
        settings.error("compressionCodec", "is none of null, deflate, snappy and zstandard")
    })?;
    Ok(AvroEventSerializer::new().codec(codec).block_bytes(settings.number("syncIntervalBytes")?))
}
