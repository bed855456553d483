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

#[cfg(test)]
mod tests {
    use crate::assemble::kind;
    use crate::check::Options;
    use crate::check_files;
    use crate::model::Group;
    use crate::registry::{Registry, Settings};

    /// Gives `use_them` the settings of a channel with these keys.
    pub(super) fn with_settings<M>(keys: &str, use_them: impl FnOnce(&Settings<'_>) -> M) -> M {
        let keys = keys.lines().map(|line| format!("a1.channels.c1.{line}\n"));
        let text = format!("a1.channels = c1\n{}", keys.collect::<String>());
        let registry = Registry::builtin();
        let checked = check_files([("test.conf", text.as_bytes())], Options::default(), &registry).unwrap();
        let agent = checked.config.agent("a1").unwrap();
        let channel = agent.listed(Group::Channels).next().unwrap();
        use_them(&Settings::new(channel, kind(channel), &registry))
    }
}
