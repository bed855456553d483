//! Flume's types that run, one family a file: who makes them, and which of their keys have to wait.

mod avro;
mod channels;
mod files;
mod http_sink;
mod interceptors;
mod local_sinks;
mod local_sources;
mod network;
mod routing;
mod rpc;
mod serializers;
mod spooldir;
mod thrift;
mod tls;

use super::factories::Registry;
use crate::keys::Section;

/// Components that belong together.
struct Family {
    /// Adds who makes them.
    register: fn(Registry) -> Registry,
    /// Parts that run although nobody is registered for them: their component reads their keys.
    parts: &'static [(Section, &'static str)],
    /// Keys that are known and cannot be followed yet, of a section's component.
    not_yet: &'static [(Section, &'static str, &'static [&'static str])],
}

const FAMILIES: [&Family; 12] = [
    &local_sources::FAMILY,
    &files::FAMILY,
    &spooldir::FAMILY,
    &network::FAMILY,
    &avro::FAMILY,
    &thrift::FAMILY,
    &channels::FAMILY,
    &local_sinks::FAMILY,
    &http_sink::FAMILY,
    &interceptors::FAMILY,
    &routing::FAMILY,
    &serializers::FAMILY,
];

pub(super) fn register(registry: Registry) -> Registry {
    FAMILIES.iter().fold(registry, |registry, family| (family.register)(registry))
}

pub(super) fn runs_as_part(section: Section, name: &str) -> bool {
    FAMILIES.iter().any(|family| family.parts.contains(&(section, name)))
}

pub(super) fn not_yet(section: Section, name: &str) -> &'static [&'static str] {
    let mut rows = FAMILIES.iter().flat_map(|family| family.not_yet);
    rows.find(|row| (row.0, row.1) == (section, name)).map_or(&[], |row| row.2)
}
