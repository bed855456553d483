//! What a check says, in lines that a test can compare.

use std::path::Path;

use flowcore_agent::check::{Options, Surroundings};
use flowcore_agent::check_files;
use flowcore_agent::diagnostic::Diagnostic;
use flowcore_agent::keys::{ComponentType, Section};

/// Every built-in type runs, no folder is there, and nobody has factories of his own but for `com.example.Own`.
pub(crate) struct Bare;

impl Surroundings for Bare {
    fn has_own(&self, _section: Section, name: &str) -> bool {
        name == "com.example.Own"
    }

    fn runs(&self, _component: &ComponentType) -> bool {
        true
    }

    fn not_yet(&self, _component: &ComponentType) -> &'static [&'static str] {
        &[]
    }

    fn folder_exists(&self, _path: &Path) -> Option<bool> {
        Some(false)
    }
}

pub(crate) fn diagnostics(text: &[u8], options: Options) -> Vec<Diagnostic> {
    check_files([("test.conf", text)], options, &Bare).unwrap().diagnostics
}

/// `severity code line:column message [suggestion]`, in the order of the file.
pub(crate) fn lines(text: &str, options: Options) -> Vec<String> {
    diagnostics(text.as_bytes(), options).iter().map(line).collect()
}

pub(crate) fn line(said: &Diagnostic) -> String {
    let place = said.span.map_or("-".to_owned(), |span| format!("{}:{}", span.start.line, span.start.column));
    let suggestion = said.suggestion.as_ref().map(|word| format!(" [{word}]")).unwrap_or_default();
    format!("{} {} {place} {}{suggestion}", said.severity.as_str(), said.code, said.message)
}

/// An agent in which nothing is wrong, with `more` behind it.
pub(crate) fn with(more: &str) -> String {
    format!("{GOOD}{more}")
}

/// Nine lines.
pub(crate) const GOOD: &str = "\
a1.sources = r1
a1.channels = c1
a1.sinks = k1
a1.sources.r1.type = seq
a1.sources.r1.channels = c1
a1.channels.c1.type = memory
a1.channels.c1.capacity = 1000
a1.sinks.k1.type = null
a1.sinks.k1.channel = c1
";

/// Holds what is said about a good agent with some lines more against `expected`.
#[track_caller]
pub(crate) fn expect(more: &str, expected: &[&str]) {
    assert_eq!(lines(&with(more), Options::default()), expected, "{more}");
}

/// The same, when some of the good lines are others.
#[track_caller]
pub(crate) fn expect_changed(from: &str, to: &str, expected: &[&str]) {
    assert!(GOOD.contains(from), "{from}");
    assert_eq!(lines(&GOOD.replace(from, to), Options::default()), expected, "{to}");
}
