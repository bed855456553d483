use flowcore::ingest::agent::Unchanged;

use super::Meaning;
use super::meaning::Components;

/// What stays as it is when an agent that runs `before` is to run `after`. All else is stopped, and started as
/// far as it is there afterwards; in which order, and what that takes with it, is
/// [`AgentHandle::apply`](flowcore::ingest::AgentHandle::apply)'s to say. A group stays when it and all of its
/// sinks do.
///
/// ```
/// use flowcore_agent::check::NothingElse;
/// use flowcore_agent::check_files;
/// use flowcore_agent::reload::{Meaning, difference};
///
/// let text = "a1.sources = r1\na1.channels = c1\na1.sinks = k1\n\
///             a1.sources.r1.type = seq\na1.sources.r1.channels = c1\n\
///             a1.channels.c1.type = memory\na1.channels.c1.capacity = 1000\n\
///             a1.sinks.k1.type = null\na1.sinks.k1.channel = c1\n";
/// let meaning = |text: &str| {
///     let checked = check_files([("flume.conf", text.as_bytes())], Default::default(), &NothingElse)?;
///     Ok::<_, flowcore_agent::properties::LoadError>(Meaning::of(&checked, "a1").unwrap())
/// };
/// let spelt_out = format!("# the default\na1.sources.r1.batchSize = 1\n{text}");
/// assert_eq!(meaning(text)?, meaning(&spelt_out)?);
/// let faster = format!("a1.sources.r1.batchSize = 100\n{text}");
/// let unchanged = difference(&meaning(text)?, &meaning(&faster)?);
/// assert!(unchanged.sources.is_empty() && unchanged.channels.contains("c1"));
/// # Ok::<(), flowcore_agent::properties::LoadError>(())
/// ```
pub fn difference(before: &Meaning, after: &Meaning) -> Unchanged {
    let mut unchanged = Unchanged::new();
    unchanged.channels.extend(same(&before.channels, &after.channels).map(Into::into));
    unchanged.sources.extend(same(&before.sources, &after.sources).map(Into::into));
    unchanged.sinks.extend(same(&before.sinks, &after.sinks).map(Into::into));
    for (name, group) in &after.groups {
        if before.groups.get(name) == Some(group) {
            // It runs under its own name, or as the only sink in it.
            unchanged.sinks.extend(group.members.keys().chain([name]).map(|name| name.as_str().into()));
        }
    }
    unchanged
}

fn same<'a>(before: &'a Components, after: &'a Components) -> impl Iterator<Item = &'a str> {
    let stays = |(name, settings): &(&'a String, _)| before.get(*name) == Some(*settings);
    after.iter().filter(stays).map(|(name, _)| name.as_str())
}
