use super::key::{Key, find_key};
use super::{Section, channels, parts, sinks, sources};

/// A type of component.
#[derive(Debug, Clone, Copy)]
pub struct ComponentType {
    /// What it is.
    pub section: Section,
    /// Its short name.
    pub name: &'static str,
    /// Its Java classes, the first one of Flume 1.11.
    pub classes: &'static [&'static str],
    /// Whether it can be built at all.
    pub tier: Tier,
    /// Its keys beside those that all of its kind have.
    pub keys: &'static [&'static [Key]],
    /// The key of its batch size, if that is held against the channel's transactions.
    pub batch: Option<&'static str>,
    /// Whether it is given one event at a time: what it does with one must not be done to others.
    pub is_one_by_one: bool,
    /// What it listens on.
    pub listens: Option<Transport>,
}

/// When a type is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// It belongs to the drop-in.
    First,
    /// It belongs to the drop-in and has a crate of its own; what to use until that is there.
    OwnCrate(&'static str),
    /// It needs an outside system; what to use instead.
    Second(&'static str),
}

/// What a port belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A type that was found by the name that somebody wrote.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// The type.
    pub component: &'static ComponentType,
    /// The class name as it should be, when its `$Builder` was too much or missing.
    pub right_class: Option<&'static str>,
}

impl ComponentType {
    pub(super) const fn new(section: Section, name: &'static str, classes: &'static [&'static str]) -> Self {
        Self {
            section,
            name,
            classes,
            tier: Tier::First,
            keys: &[],
            batch: None,
            is_one_by_one: false,
            listens: None,
        }
    }

    pub(super) const fn keys(mut self, keys: &'static [&'static [Key]]) -> Self {
        self.keys = keys;
        self
    }

    pub(super) const fn one_by_one(mut self) -> Self {
        self.is_one_by_one = true;
        self
    }

    pub(super) const fn batch(mut self, key: &'static str) -> Self {
        self.batch = Some(key);
        self
    }

    pub(super) const fn listens(mut self, transport: Transport) -> Self {
        self.listens = Some(transport);
        self
    }

    pub(super) const fn own_crate(mut self, until_then: &'static str) -> Self {
        self.tier = Tier::OwnCrate(until_then);
        self
    }

    pub(super) const fn second(mut self, instead: &'static str) -> Self {
        self.tier = Tier::Second(instead);
        self
    }

    /// Its own keys, then those that all of its kind have.
    pub fn all_keys(&self) -> impl Iterator<Item = &'static Key> + Clone + use<> {
        self.keys.iter().copied().flatten().chain(self.section.common_keys())
    }

    /// The key that `name` belongs to: one of exactly this name, else one with places in it.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        find_key(self.all_keys(), name)
    }

    /// The default of a key.
    pub fn default_of(&self, name: &str) -> Option<&'static str> {
        self.key(name).and_then(|key| key.default)
    }
}

/// All types of a kind.
pub fn all(section: Section) -> impl Iterator<Item = &'static ComponentType> {
    let tables = [sources::ALL, channels::ALL, sinks::ALL, parts::ALL];
    tables.into_iter().flatten().copied().flatten().filter(move |component| component.section == section)
}

/// The type of a kind that has `name` as its alias or class, in any case.
///
/// ```
/// use flowcore_agent::keys::{Section, find};
/// let found = find(Section::Source, "org.apache.flume.source.ExecSource").unwrap();
/// assert_eq!(found.component.name, "exec");
/// assert_eq!(found.component.default_of("batchSize"), Some("20"));
/// assert!(find(Section::Source, "com.example.Mine").is_none());
/// ```
pub fn find(section: Section, name: &str) -> Option<Found> {
    all(section).find_map(|component| found(component, name))
}

fn found(component: &'static ComponentType, name: &str) -> Option<Found> {
    const BUILDER: &str = "$Builder";
    let exact = |class: &&str| class.eq_ignore_ascii_case(name);
    if component.name.eq_ignore_ascii_case(name) || component.classes.iter().any(exact) {
        return Some(Found { component, right_class: None });
    }
    let at = name.len().checked_sub(BUILDER.len());
    let has_builder = at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(BUILDER));
    let bare = at.filter(|_| has_builder).map_or(name, |at| &name[..at]);
    let right = component
        .classes
        .iter()
        .find(|class| class.strip_suffix(BUILDER).unwrap_or(class).eq_ignore_ascii_case(bare))?;
    Some(Found { component, right_class: Some(right) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_by_alias_and_class_in_any_case_and_with_a_wrong_builder() {
        let right =
            |section, name| find(section, name).map(|found| (found.component.name, found.right_class));
        assert_eq!(right(Section::Source, "SpoolDir"), Some(("spooldir", None)));
        let class = "org.apache.flume.interceptor.HostInterceptor";
        let builder = "org.apache.flume.interceptor.HostInterceptor$Builder";
        assert_eq!(right(Section::Interceptor, builder), Some(("host", None)));
        assert_eq!(right(Section::Interceptor, class), Some(("host", Some(builder))));
        let (sink, builder) = ("org.apache.flume.sink.NullSink", "org.apache.flume.sink.NullSink$Builder");
        assert_eq!(right(Section::Sink, builder), Some(("null", Some(sink))));
        assert_eq!(right(Section::Sink, "spooldir"), None);
        assert_eq!(right(Section::Sink, "ä"), None);
    }

    #[test]
    fn no_type_has_a_key_or_a_name_twice() {
        let sections =
            [Section::Source, Section::Channel, Section::Sink, Section::Interceptor, Section::Serializer];
        for section in sections {
            let mut names: Vec<_> = all(section).flat_map(|c| c.classes.iter().chain([&c.name])).collect();
            let many = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!((names.len(), many > 3), (many, true));
            for component in all(section) {
                let mut keys: Vec<_> = component.all_keys().map(|key| key.name).collect();
                let many = keys.len();
                keys.sort_unstable();
                keys.dedup();
                assert_eq!(keys.len(), many, "{}", component.name);
            }
        }
    }

    #[test]
    fn every_default_is_a_value_that_its_key_may_hold_and_every_batch_key_is_there() {
        let sections = [Section::Source, Section::Channel, Section::Sink, Section::SinkProcessor];
        for component in sections.into_iter().flat_map(all) {
            assert!(component.batch.is_none_or(|key| component.key(key).is_some()), "{}", component.name);
            for key in component.all_keys() {
                let checked = key.default.map_or(Ok(()), |value| super::super::check_value(key.kind, value));
                assert!(checked.is_ok(), "{} {}: {checked:?}", component.name, key.name);
            }
        }
    }
}
