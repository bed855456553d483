use std::collections::HashMap;

use super::Lookups;
use crate::diagnostic::{Diagnostic, Span};
use crate::properties::{Entry, Properties};

/// How deep references may refer to others.
const DEEPEST: usize = 32;
/// How many bytes one value may become, and all of them together.
const LONGEST: usize = 64 << 10;
const TOGETHER: usize = 16 << 20;

/// The values of a configuration with their references resolved.
#[derive(Debug, Clone, Default)]
pub struct Interpolated {
    values: HashMap<String, String>,
}

impl Interpolated {
    /// What the value of an entry is now.
    pub fn value(&self, entry: &Entry) -> String {
        let value = self.values.get(entry.key.trimmed()).map(String::as_str);
        value.unwrap_or(entry.value.as_str()).to_owned()
    }
}

/// Resolves the references of all values. What cannot be resolved stays as it is written.
///
/// ```
/// use flowcore_agent::interpolate::{Lookups, interpolate};
/// use flowcore_agent::properties::Properties;
/// use std::collections::BTreeMap;
///
/// let mut properties = Properties::new();
/// properties.add("a.conf", b"base = /var\na1.sinks.k1.path = ${base}/${env:NAME:-none}")?;
/// let lookups = Lookups {
///     environment: &|name| (name == "NAME").then(|| "web".to_owned()),
///     system: &BTreeMap::new(),
///     date: &|_| Err("no clock".to_owned()),
///     bare_environment: false,
/// };
/// let (values, said) = interpolate(&properties, &lookups);
/// assert_eq!(values.value(&properties.entries()[1]), "/var/web");
/// assert!(said.is_empty());
/// # Ok::<(), flowcore_agent::properties::LoadError>(())
/// ```
pub fn interpolate(properties: &Properties, lookups: &Lookups<'_>) -> (Interpolated, Vec<Diagnostic>) {
    let (done, open, said) = (HashMap::new(), Vec::new(), Vec::new());
    let mut expansion = Expansion { properties, lookups, done, open, said, left: TOGETHER };
    for entry in properties.entries().iter().filter(|entry| entry.value.as_str().contains("${")) {
        expansion.key(entry.key.trimmed(), entry);
    }
    (Interpolated { values: expansion.done }, expansion.said)
}

struct Expansion<'a> {
    properties: &'a Properties,
    lookups: &'a Lookups<'a>,
    done: HashMap<String, String>,
    /// The keys that are being resolved, outermost first.
    open: Vec<&'a str>,
    said: Vec<Diagnostic>,
    /// Bytes that may still be made.
    left: usize,
}

impl<'a> Expansion<'a> {
    fn key(&mut self, key: &'a str, entry: &'a Entry) -> String {
        let raw = entry.value.as_str();
        if !raw.contains("${") {
            return raw.to_owned();
        }
        if let Some(done) = self.done.get(key) {
            return done.clone();
        }
        self.open.push(key);
        let value = self.text(raw, entry, 0);
        self.open.pop();
        let value = self.within_limits(value, entry);
        self.done.insert(key.to_owned(), value.clone());
        value
    }

    fn within_limits(&mut self, value: String, entry: &Entry) -> String {
        if value.len() > LONGEST || value.len() > self.left {
            let message = format!("the value of `{}` becomes too long", entry.key.trimmed());
            self.said.push(Diagnostic::error("value-too-long", message).at(entry.value.trimmed_span()));
            return String::new();
        }
        self.left -= value.len();
        value
    }

    /// A text of `entry` with its references resolved.
    fn text(&mut self, raw: &str, entry: &'a Entry, depth: usize) -> String {
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                // `$${x}` is the text `${x}`.
                out.push_str(&rest[..at - 1]);
                out.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            out.push_str(&rest[..at]);
            let Some(end) = closing(&rest[at + 2..]) else {
                out.push_str(&rest[at..]);
                return out;
            };
            let whole = &rest[at..=at + 2 + end];
            out.push_str(&self.reference(whole, entry, depth));
            rest = &rest[at + 2 + end + 1..];
            if out.len() > LONGEST {
                return out;
            }
        }
        out.push_str(rest);
        out
    }

    /// `${name:-default}`
    fn reference(&mut self, whole: &str, entry: &'a Entry, depth: usize) -> String {
        let inner = &whole[2..whole.len() - 1];
        let place = entry.value.span_of_part(whole);
        if depth >= DEEPEST {
            self.said.push(
                Diagnostic::error("reference-too-deep", "references lie too deep in each other").at(place),
            );
            return whole.to_owned();
        }
        let (name, default) = split_default(inner);
        let name = if name.contains("${") { self.text(name, entry, depth + 1) } else { name.to_owned() };
        if let Some(value) = self.lookup(&name, place) {
            return value;
        }
        if is_filter(&name) {
            return whole.to_owned();
        }
        if let Some(default) = default {
            return self.text(default, entry, depth + 1);
        }
        let warning = Diagnostic::warning("unresolved", format!("nothing is known as `{name}`")).at(place);
        self.said.push(warning.help("the text stays as it is"));
        whole.to_owned()
    }

    fn lookup(&mut self, name: &str, place: Span) -> Option<String> {
        match name.split_once(':') {
            Some(("env", name)) => (self.lookups.environment)(name),
            Some(("sys", name)) => self.lookups.system.get(name).cloned(),
            Some(("date", format)) => match (self.lookups.date)(format) {
                Ok(date) => Some(date),
                Err(problem) => {
                    self.said.push(Diagnostic::error("bad-date-format", problem).at(place));
                    None
                }
            },
            Some(("java", _)) => {
                self.said.push(Diagnostic::warning("no-effect", "there is no Java to ask").at(place));
                None
            }
            _ => self.other_key(name, place),
        }
    }

    fn other_key(&mut self, name: &str, place: Span) -> Option<String> {
        let bare = || self.lookups.bare_environment.then(|| (self.lookups.environment)(name)).flatten();
        let Some(entry) = self.properties.get(name) else { return bare() };
        let name = entry.key.trimmed();
        if let Some(from) = self.open.iter().position(|open| *open == name) {
            let ring: Vec<&str> = self.open[from..].iter().copied().chain([name]).collect();
            let message = format!("a reference leads back to itself: {}", ring.join(" → "));
            self.said.push(Diagnostic::error("circle", message).at(place));
            return None;
        }
        // The stack of calls is as deep as the chain of keys.
        if self.open.len() > DEEPEST {
            self.said.push(
                Diagnostic::error("reference-too-deep", "references lie too deep in each other").at(place),
            );
            return None;
        }
        Some(self.key(name, entry))
    }
}

/// Where the bracket that belongs to the opened one is.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// At the first `:-` that is not inside of another reference.
fn split_default(inner: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    let bytes = inner.as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes.get(at + 1) == Some(&b'-') => {
                return (&inner[..at], Some(&inner[at + 2..]));
            }
            _ => {}
        }
    }
    (inner, None)
}

/// `f1['key']` is for a config filter.
fn is_filter(name: &str) -> bool {
    name.ends_with(']') && name.contains('[')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn resolved(text: &str) -> (Vec<String>, Vec<String>) {
        let mut properties = Properties::new();
        properties.add("x.conf", text.as_bytes()).unwrap();
        let system = BTreeMap::from([("port".to_owned(), "41414".to_owned())]);
        let lookups = Lookups {
            environment: &|name| (name == "HOME").then(|| "/h".to_owned()),
            system: &system,
            date: &|format| Ok(format!("<{format}>")),
            bare_environment: false,
        };
        let (values, said) = interpolate(&properties, &lookups);
        let said = said.iter().map(|said| format!("{} {}", said.code, said.message)).collect();
        (properties.entries().iter().map(|entry| values.value(entry)).collect(), said)
    }

    fn one(value: &str) -> String {
        resolved(&format!("v = {value}\na = 1\nb.1 = two\nempty =\n")).0.swap_remove(0)
    }

    #[test]
    fn references_are_resolved_wherever_they_stand() {
        let table = [
            ("${env:HOME}/x", "/h/x"),
            ("${sys:port}", "41414"),
            ("${date:yyyy}", "<yyyy>"),
            ("${a}${a}", "11"),
            ("${b.${a}}", "two"),
            ("${x:-d}", "d"),
            ("${x:-${a}${y:-z}}", "1z"),
            ("${env:NONE:-}", ""),
            ("$${a}", "${a}"),
            ("${empty}", ""),
            ("${x", "${x"),
            ("$a {b}", "$a {b}"),
            ("${f1['k']}", "${f1['k']}"),
            ("${x}", "${x}"),
        ];
        for (value, expected) in table {
            assert_eq!(one(value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_not_known_is_said_and_circles_name_their_keys() {
        assert_eq!(
            resolved("a = ${x} ${env:NO}").1,
            ["unresolved nothing is known as `x`", "unresolved nothing is known as `env:NO`"]
        );
        let (values, said) = resolved("a = ${b}\nb = ${c}\nc = x${a}");
        assert_eq!(said[0], "circle a reference leads back to itself: a → b → c → a");
        assert_eq!(values[2], "x${a}");
        assert_eq!(resolved("a = ${a:-1}").1.len(), 1);
    }

    #[test]
    fn chains_and_growth_have_limits() {
        let chain: Vec<String> = (0..100).map(|at| format!("k{at} = ${{k{}}}", at + 1)).collect();
        assert!(resolved(&chain.join("\n")).1.iter().any(|said| said.starts_with("reference-too-deep")));
        let deep = format!("a = {}x{}", "${".repeat(5_000), "}".repeat(5_000));
        assert!(resolved(&deep).1.iter().any(|said| said.starts_with("reference-too-deep")));
        let doubling: Vec<String> = (0..30).map(|at| format!("k{at} = ${{k{0}}}${{k{0}}}", at + 1)).collect();
        let (values, said) = resolved(&format!("{}\nk30 = xx", doubling.join("\n")));
        assert!(said.iter().any(|said| said.starts_with("value-too-long")), "{said:?}");
        assert!(values.iter().all(|value| value.len() <= LONGEST));
    }
}
