use super::Section;

/// A key of a component: what it may hold, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name. `<x>` stands for a word that is the user's, `*` at the end for the rest.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What holds when it is not there.
    pub default: Option<&'static str>,
    /// Whether it must be there.
    pub is_required: bool,
    /// Another key that can be there instead, when it is required.
    pub or_instead: Option<&'static str>,
    /// What becomes of it here.
    pub ours: Ours,
}

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number from the first to the second.
    Int(i64, i64),
    /// Milliseconds, at least so many.
    Millis(i64),
    /// Seconds, at least so many.
    Seconds(i64),
    /// Bytes, at least so many.
    Bytes(i64),
    /// `true` or `false`.
    Bool,
    /// A port that something listens on: 0 chooses a free one.
    Listen,
    /// A port that something connects to.
    Port,
    /// Ports that something listens on, with blanks between.
    Ports,
    /// A host name or address.
    Host,
    /// A file.
    File,
    /// A folder that must be there.
    Folder,
    /// A folder that is made when it is missing.
    OutFolder,
    /// Folders or files with commas between, which are made when they are missing.
    Paths,
    /// A regular expression.
    Regex,
    /// A folder, then a regular expression for the name of a file.
    FilePattern,
    /// A path with escapes such as `%Y`.
    Escaped,
    /// Words with blanks between.
    Words,
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// A character set.
    Charset,
    /// Rules of who is let in, with commas between.
    IpRules,
    /// What of a message's header stays in its body.
    KeepFields,
    /// The name of a time zone.
    Zone,
    /// A format of times, in Java's letters.
    TimeFormat,
    /// A character set in which the end of a line is one byte.
    LineCharset,
    /// The type of a part, whose keys begin with this key's name without `.type`, and a dot.
    Type(Section),
    /// The names of parts, whose keys begin with this key's name, a dot, and the part's name.
    Named(Section),
}

/// What becomes of a key that Flume knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours {
    /// It means the same.
    Same,
    /// Flume does not know it.
    New,
    /// It is accepted with a warning and has no effect; why.
    NoEffect(&'static str),
    /// It is refused; what to do instead.
    Refused(&'static str),
    /// It is refused when it is `true`; why.
    RefusedIfTrue(&'static str),
    /// It is the old name of this key, which holds when both are there.
    OldName(&'static str),
    /// The guide spells it so, the code reads this key. Both are read.
    AlsoSpelt(&'static str),
}

/// The largest number of Java's `int`.
pub(super) const INT: i64 = 2_147_483_647;

/// A key that may be left out.
pub(super) const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, default: None, is_required: false, or_instead: None, ours: Ours::Same }
}

/// A number of events or lines: at least 1.
pub(super) const fn count(name: &'static str) -> Key {
    key(name, Kind::Int(1, INT))
}

/// Keys of a component that cannot run: their values are not looked at.
pub(super) const fn text(name: &'static str) -> Key {
    key(name, Kind::Text)
}

impl Key {
    pub(super) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    pub(super) const fn needed(mut self) -> Self {
        self.is_required = true;
        self
    }

    pub(super) const fn needed_unless(mut self, other: &'static str) -> Self {
        self.is_required = true;
        self.or_instead = Some(other);
        self
    }

    pub(super) const fn idle(mut self, why: &'static str) -> Self {
        self.ours = Ours::NoEffect(why);
        self
    }

    pub(super) const fn refused(mut self, why: &'static str) -> Self {
        self.ours = Ours::Refused(why);
        self
    }

    pub(super) const fn refused_if_true(mut self, why: &'static str) -> Self {
        self.ours = Ours::RefusedIfTrue(why);
        self
    }

    pub(super) const fn old(mut self, new: &'static str) -> Self {
        self.ours = Ours::OldName(new);
        self
    }

    pub(super) const fn also(mut self, other: &'static str) -> Self {
        self.ours = Ours::AlsoSpelt(other);
        self
    }

    pub(super) const fn new_here(mut self) -> Self {
        self.ours = Ours::New;
        self
    }

    /// Whether this is the key of `name`, with `<x>` and `*` filled in.
    pub fn matches(&self, name: &str) -> bool {
        fits(self.name, name)
    }

    /// Whether its name has a place for the user's words.
    pub fn is_pattern(&self) -> bool {
        self.name.contains(['<', '*'])
    }
}

/// The key that `name` belongs to: one of exactly this name, else the one with places in it that says most.
pub(crate) fn find_key(keys: impl Iterator<Item = &'static Key> + Clone, name: &str) -> Option<&'static Key> {
    let exact = keys.clone().find(|key| key.name == name);
    exact
        .or_else(|| keys.filter(|key| key.is_pattern() && key.matches(name)).max_by_key(|key| key.name.len()))
}

/// A placeholder takes as little as it can, but at least one character; the last one takes all.
fn fits(pattern: &str, name: &str) -> bool {
    if let Some(prefix) = pattern.strip_suffix('*') {
        return name.len() > prefix.len() && name.starts_with(prefix);
    }
    let Some((before, rest)) = pattern.split_once('<') else { return pattern == name };
    let (Some(name), Some((_, after))) = (name.strip_prefix(before), rest.split_once('>')) else {
        return false;
    };
    if after.is_empty() {
        return !name.is_empty();
    }
    let ends = name.char_indices().map(|(at, _)| at).skip(1);
    ends.filter(|&at| !after.contains('<') || name.as_bytes().get(at) == Some(&b'.'))
        .any(|at| fits(after, &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn places_in_a_name_take_any_word_and_no_empty_one() {
        let table = [
            ("a.b", "a.b", true),
            ("a.b", "a.c", false),
            ("filegroups.<g>", "filegroups.f1", true),
            ("filegroups.<g>", "filegroups.", false),
            ("headers.<g>.<k>", "headers.f1.x.y", true),
            ("headers.<g>.<k>", "headers.f1", false),
            ("keys.<k>.passwordFile", "keys.k0.passwordFile", true),
            ("keys.<k>.passwordFile", "keys..passwordFile", false),
            ("kafka.consumer.*", "kafka.consumer.x.y", true),
            ("kafka.consumer.*", "kafka.consumer.", false),
            ("mapping.<value>", "mapping.a.b", true),
            ("mapping.<value>", "mapping.ä", true),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
