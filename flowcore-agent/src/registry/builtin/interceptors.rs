//! All interceptors.

use std::sync::OnceLock;

use flowcore::ingest::LocalHost;
use flowcore::ingest::calendar::DatePattern;
use flowcore::ingest::interceptor::{
    Charset, HostInterceptor, RegexExtractorInterceptor, RegexFilterInterceptor, RemoveHeaderInterceptor,
    SearchReplaceInterceptor, StaticInterceptor, TimestampInterceptor, UuidInterceptor,
};

use super::Family;
use crate::components::LocalZone;
use crate::keys::{Section, find};
use crate::registry::{Registry, SettingError, Settings};

pub(super) const FAMILY: Family = Family {
    register,
    // Made by the extractor itself.
    parts: &[(Section::ExtractorSerializer, "DEFAULT"), (Section::ExtractorSerializer, "millis")],
    not_yet: &[],
};

fn register(registry: Registry) -> Registry {
    registry
        .interceptor("timestamp", timestamp)
        .interceptor("host", host)
        .interceptor("static", fixed)
        .interceptor("remove_header", remove_header)
        .interceptor("uuid", uuid)
        .interceptor("search_replace", search_replace)
        .interceptor("regex_filter", regex_filter)
        .interceptor("regex_extractor", regex_extractor)
}

fn timestamp(settings: &Settings<'_>) -> Result<TimestampInterceptor, SettingError> {
    let stamp = TimestampInterceptor::new().header_name(settings.required("headerName")?);
    Ok(stamp.preserve_existing(settings.boolean("preserveExisting")?))
}

fn host(settings: &Settings<'_>) -> Result<HostInterceptor, SettingError> {
    /// Looked up by the first agent that asks.
    static HOST: OnceLock<LocalHost> = OnceLock::new();
    let host = HOST.get_or_init(LocalHost::look_up_now).clone();
    let host = HostInterceptor::new(host).host_header(settings.required("hostHeader")?);
    Ok(host.use_ip(settings.boolean("useIP")?).preserve_existing(settings.boolean("preserveExisting")?))
}

fn fixed(settings: &Settings<'_>) -> Result<StaticInterceptor, SettingError> {
    let stamp = StaticInterceptor::new(settings.required("key")?, settings.required("value")?);
    Ok(stamp.preserve_existing(settings.boolean("preserveExisting")?))
}

fn remove_header(settings: &Settings<'_>) -> Result<RemoveHeaderInterceptor, SettingError> {
    let mut remove = RemoveHeaderInterceptor::new();
    if let Some(name) = settings.text("withName") {
        remove = remove.with_name(name);
    }
    if let Some(names) = settings.text("fromList") {
        let separator = settings.required("fromListSeparator")?;
        remove = remove.from_list(names, separator).map_err(bad(settings, "fromListSeparator"))?;
    }
    match settings.text("matching") {
        Some(pattern) => remove.matching(pattern).map_err(bad(settings, "matching")),
        None => Ok(remove),
    }
}

fn uuid(settings: &Settings<'_>) -> Result<UuidInterceptor, SettingError> {
    let uuid = UuidInterceptor::new().header_name(settings.required("headerName")?);
    let uuid = uuid.prefix(settings.text("prefix").unwrap_or(""));
    Ok(uuid.preserve_existing(settings.boolean("preserveExisting")?))
}

fn search_replace(settings: &Settings<'_>) -> Result<SearchReplaceInterceptor, SettingError> {
    let (pattern, replacement) =
        (settings.required("searchPattern")?, settings.text("replaceString").unwrap_or(""));
    let charset = Charset::named(settings.required("charset")?)
        .ok_or_else(|| settings.error("charset", "is none of UTF-8, US-ASCII and ISO-8859-1"))?;
    let replace = SearchReplaceInterceptor::new(pattern, replacement).map_err(|error| {
        let key = if error.pattern == pattern { "searchPattern" } else { "replaceString" };
        bad(settings, key)(error)
    })?;
    Ok(replace.charset(charset))
}

fn regex_filter(settings: &Settings<'_>) -> Result<RegexFilterInterceptor, SettingError> {
    let filter = RegexFilterInterceptor::new(settings.required("regex")?).map_err(bad(settings, "regex"))?;
    Ok(filter.exclude_events(settings.boolean("excludeEvents")?))
}

fn regex_extractor(settings: &Settings<'_>) -> Result<RegexExtractorInterceptor, SettingError> {
    let pattern = settings.required("regex")?;
    let mut extractor = RegexExtractorInterceptor::new(pattern).map_err(bad(settings, "regex"))?;
    for name in settings.words("serializers") {
        extractor = with_header(extractor, settings, &format!("serializers.{name}."))?;
    }
    Ok(extractor)
}

/// The next group becomes a header.
fn with_header(
    extractor: RegexExtractorInterceptor,
    settings: &Settings<'_>,
    prefix: &str,
) -> Result<RegexExtractorInterceptor, SettingError> {
    let written = settings.text(&format!("{prefix}type")).unwrap_or("DEFAULT");
    let kind = find(Section::ExtractorSerializer, written).map(|found| found.component);
    let part = settings.of_part(kind, prefix);
    let header = part.required("name")?;
    match kind.map(|kind| kind.name) {
        Some("millis") => {
            let pattern = DatePattern::new(part.required("pattern")?).map_err(bad(&part, "pattern"))?;
            Ok(extractor.millis(header, pattern, LocalZone::system()))
        }
        Some(_) => Ok(extractor.header(header)),
        None => {
            let made = settings.registry().make_group_serializer(written, &part);
            let made = made.ok_or_else(|| part.error("type", format!("`{written}` is nothing known")))??;
            Ok(extractor.serialized(header, move |group: &str| made.serialize(group)))
        }
    }
}

fn bad<E: std::error::Error>(settings: &Settings<'_>, key: &str) -> impl FnOnce(E) -> SettingError {
    move |error| settings.error(key, format!("cannot be used: {error}"))
}
