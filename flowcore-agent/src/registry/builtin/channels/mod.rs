//! Flume's channels.

mod encryption;
mod file;
mod memory;
mod spillable;

use super::Family;
use crate::registry::Registry;

pub(super) const FAMILY: Family = Family { register, parts: &[], not_yet: &[] };

fn register(registry: Registry) -> Registry {
    let registry = registry.channel("memory", memory::memory).channel("pseudotxnmemory", memory::pseudo);
    registry.channel("file", file::file).channel("spillablememory", spillable::spillable)
}
