use flowcore::ingest::calendar::DatePattern;
use flowcore::ingest::pattern::Pattern;
use flowcore_net::peer::IpRules;
use flowcore_net::syslog::{KeepFields, Zone};

use super::key::Kind;
use crate::diagnostic::nearest;

/// Why a value cannot be what its key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueProblem {
    /// A word that stays the same.
    pub code: &'static str,
    /// What it is not: `is no number`.
    pub message: String,
    /// What would do.
    pub help: Option<String>,
    /// What it was probably meant to be.
    pub suggestion: Option<String>,
    /// The part of the value that is wrong, in bytes; all of it if there is none.
    pub part: Option<(usize, usize)>,
}

impl ValueProblem {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, suggestion: None, part: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Whether `value` can be what a key of `kind` holds.
///
/// # Errors
/// [`ValueProblem`] says why not.
///
/// ```
/// use flowcore_agent::keys::{Kind, check_value};
/// assert!(check_value(Kind::Int(1, 10), "7").is_ok());
/// assert_eq!(check_value(Kind::Int(1, 10), "70").unwrap_err().message, "is out of range");
/// ```
pub fn check_value(kind: Kind, value: &str) -> Result<(), ValueProblem> {
    match kind {
        Kind::Int(least, most) => number(value, least, most, ""),
        Kind::Millis(least) => number(value, least, i64::MAX, " milliseconds"),
        Kind::Seconds(least) => number(value, least, i64::MAX, " seconds"),
        Kind::Bytes(least) => number(value, least, i64::MAX, " bytes"),
        Kind::Listen => number(value, 0, 65_535, ""),
        Kind::Port => number(value, 1, 65_535, ""),
        Kind::Ports => ports(value),
        Kind::Bool => boolean(value),
        Kind::OneOf(words) => one_of(value, words),
        Kind::Regex => java_regex(value),
        Kind::FilePattern => file_pattern(value),
        Kind::Charset => charset(value),
        Kind::IpRules => read::<IpRules, _>("bad-ip-rule", value.parse()),
        Kind::KeepFields => read::<KeepFields, _>("unknown-fields", value.parse()),
        Kind::Zone => read("unknown-zone", Zone::named(value)),
        Kind::TimeFormat => read("bad-time-format", DatePattern::new(value)),
        Kind::LineCharset => charset(value).and_then(|()| line_charset(value)),
        Kind::Text
        | Kind::Host
        | Kind::File
        | Kind::Folder
        | Kind::OutFolder
        | Kind::Paths
        | Kind::Escaped
        | Kind::Words
        | Kind::Type(_)
        | Kind::Named(_) => Ok(()),
    }
}

/// What the library says that reads such values.
fn read<T, E: std::fmt::Display>(code: &'static str, read: Result<T, E>) -> Result<(), ValueProblem> {
    read.map(drop).map_err(|error| ValueProblem::new(code, format!("cannot be used: {error}")))
}

fn number(value: &str, least: i64, most: i64, unit: &str) -> Result<(), ValueProblem> {
    let range = match (least, most) {
        (least, i64::MAX) => format!("at least {least}{unit}"),
        (least, most) => format!("from {least} to {most}{unit}"),
    };
    let is_number = value.strip_prefix(['-', '+']).unwrap_or(value);
    if is_number.is_empty() || !is_number.bytes().all(|byte| byte.is_ascii_digit()) {
        let problem = ValueProblem::new("not-a-number", "is no whole number");
        let quotes = if is_quoted(value) { "quotes are part of the value; " } else { "" };
        return Err(problem.help(format!("{quotes}it takes a number: {range}")));
    }
    match value.parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(()),
        _ => {
            Err(ValueProblem::new("out-of-range", "is out of range")
                .help(format!("it takes a number: {range}")))
        }
    }
}

fn ports(value: &str) -> Result<(), ValueProblem> {
    value.split_ascii_whitespace().try_for_each(|port| {
        number(port, 0, 65_535, "").map_err(|problem| {
            let from = port.as_ptr() as usize - value.as_ptr() as usize;
            ValueProblem { part: Some((from, from + port.len())), ..problem }
        })
    })
}

fn boolean(value: &str) -> Result<(), ValueProblem> {
    if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        return Ok(());
    }
    let quotes = if is_quoted(value) { "quotes are part of the value; " } else { "" };
    let help = format!("{quotes}Flume would take it for false");
    Err(ValueProblem::new("not-a-boolean", "is neither true nor false").help(help))
}

fn one_of(value: &str, words: &[&'static str]) -> Result<(), ValueProblem> {
    if words.iter().any(|word| word.eq_ignore_ascii_case(value)) {
        return Ok(());
    }
    let problem = ValueProblem::new("unknown-value", "is none of the values that this key takes");
    let suggestion = nearest(value, words.iter().copied()).map(str::to_owned);
    Err(ValueProblem { suggestion, ..problem }.help(format!("it takes {}", words.join(", "))))
}

/// Java's syntax is read by an engine that never takes more than linear time; what that lacks is said here.
fn regex(value: &str, offset: usize) -> Result<(), ValueProblem> {
    let Err(error) = regex_syntax::Parser::new().parse(value) else { return Ok(()) };
    let (span, what) = match &error {
        regex_syntax::Error::Parse(error) => (error.span(), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span(), error.kind().to_string()),
        other => return Err(ValueProblem::new("bad-regex", other.to_string())),
    };
    let problem = ValueProblem::new("bad-regex", format!("has something that is not supported: {what}"));
    let (start, end) = (span.start.offset + offset, span.end.offset + offset);
    Err(ValueProblem { part: Some((start, end.max(start + 1))), ..problem }.help(LINEAR))
}

/// Java's syntax, as it will be read.
fn java_regex(value: &str) -> Result<(), ValueProblem> {
    let Err(error) = Pattern::new(value) else { return Ok(()) };
    let start = value.char_indices().nth(error.at.saturating_sub(1)).map_or(value.len(), |(start, _)| start);
    let end = value[start..].chars().next().map_or(start + 1, |first| start + first.len_utf8());
    let problem =
        ValueProblem::new("bad-regex", format!("is an expression that cannot be used: {}", error.kind));
    Err(ValueProblem { part: Some((start, end)), ..problem }.help(LINEAR))
}

const LINEAR: &str =
    "there is no look-around, no back-reference and no possessive group, so that no input takes long";

/// The folder may have no pattern in it.
fn file_pattern(value: &str) -> Result<(), ValueProblem> {
    if !value.starts_with('/') {
        let problem = ValueProblem::new("not-absolute", "is no absolute path");
        return Err(
            problem.help("a file group is an absolute folder, then a regular expression for the name")
        );
    }
    let at = value.rfind('/').map_or(0, |at| at + 1);
    regex(&value[at..], at)
}

fn charset(value: &str) -> Result<(), ValueProblem> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-+.:_".contains(c);
    if value.chars().all(is_name) && value.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(ValueProblem::new("bad-charset", "is no name of a character set").help("such as UTF-8"))
}

/// Lines pass as the bytes that they are, which is what decoding and encoding them again would make.
fn line_charset(value: &str) -> Result<(), ValueProblem> {
    let name = value.to_ascii_lowercase().replace(['-', '_'], "");
    let is_wide =
        ["utf16", "utf32", "xutf16", "xutf32", "unicode", "ucs2"].iter().any(|wide| name.starts_with(wide));
    if !is_wide {
        return Ok(());
    }
    let problem = ValueProblem::new("bad-charset", "has line ends of several bytes, which are not read");
    Err(problem.help("let the command print UTF-8, as with `iconv -t UTF-8`"))
}

/// Whether it stands in quotes, which mean nothing.
pub(crate) fn is_quoted(value: &str) -> bool {
    value.len() >= 2 && ['"', '\''].iter().any(|&quote| value.starts_with(quote) && value.ends_with(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(kind: Kind, value: &str) -> Option<&'static str> {
        check_value(kind, value).err().map(|problem| problem.code)
    }

    #[test]
    fn values_are_held_against_what_their_key_takes() {
        let table = [
            (Kind::Int(1, 9), "5", None),
            (Kind::Int(1, 9), "+5", None),
            (Kind::Int(1, 9), "0", Some("out-of-range")),
            (Kind::Int(1, 9), "99999999999999999999", Some("out-of-range")),
            (Kind::Int(1, 9), "5s", Some("not-a-number")),
            (Kind::Int(1, 9), "-", Some("not-a-number")),
            (Kind::Int(1, 9), "\"5\"", Some("not-a-number")),
            (Kind::Listen, "0", None),
            (Kind::Port, "0", Some("out-of-range")),
            (Kind::Port, "65536", Some("out-of-range")),
            (Kind::Port, "-1", Some("out-of-range")),
            (Kind::Ports, "1 2\t3", None),
            (Kind::Ports, "1 70000", Some("out-of-range")),
            (Kind::Bool, "TRUE", None),
            (Kind::Bool, "yes", Some("not-a-boolean")),
            (Kind::OneOf(&["never", "immediate"]), "NEVER", None),
            (Kind::OneOf(&["never", "immediate"]), "nevr", Some("unknown-value")),
            (Kind::Regex, "^a.*[0-9]{2}$", None),
            (Kind::Regex, "(?=a)", Some("bad-regex")),
            (Kind::Regex, "(a)\\1", Some("bad-regex")),
            (Kind::FilePattern, "/var/log/.*\\.log", None),
            (Kind::FilePattern, "logs/.*", Some("not-absolute")),
            (Kind::FilePattern, "/var/log/*", Some("bad-regex")),
            (Kind::Charset, "ISO-8859-1", None),
            (Kind::Charset, "utf 8", Some("bad-charset")),
            (Kind::LineCharset, "windows-1252", None),
            (Kind::LineCharset, "UTF-16LE", Some("bad-charset")),
        ];
        for (kind, value, expected) in table {
            assert_eq!(code(kind, value), expected, "{kind:?} {value}");
        }
    }

    #[test]
    fn what_is_wrong_in_a_pattern_or_a_list_has_its_place() {
        assert_eq!(check_value(Kind::Regex, "abc(?<!x)").unwrap_err().part, Some((3, 4)));
        assert_eq!(check_value(Kind::Regex, "\\Qa(\\E+\\p{Alpha}"), Ok(()), "Java's own");
        assert_eq!(check_value(Kind::FilePattern, "/a/b(").unwrap_err().part, Some((4, 5)));
        assert_eq!(check_value(Kind::Ports, "1  70000").unwrap_err().part, Some((3, 8)));
    }
}
