//! The words of a command line before they are parsed: those of `flume-ng`, and defaults from a file.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;

use crate::diagnostic::{FileId, Severity};
use crate::properties::parse;

/// Long options of `flume-ng agent`, which Flume also takes with one dash.
const LONG: [&str; 16] = [
    "name",
    "conf-file",
    "conf",
    "conf-uri",
    "conf-provider",
    "auth-provider",
    "conf-user",
    "conf-password",
    "poll-interval",
    "backup-directory",
    "no-reload-conf",
    "zkConnString",
    "zkBasePath",
    "verify-host",
    "classpath",
    "plugins-path",
];

/// Its other words with one dash.
const SHORT: [(&str, &str); 4] =
    [("prov", "conf-provider"), ("user", "conf-user"), ("pwd", "conf-password"), ("help", "help")];

/// Options without a value.
const FLAGS: [&str; 2] = ["no-reload-conf", "dryrun"];

/// The short forms of options that have one.
const LETTERS: [(&str, &str); 10] = [
    ("name", "-n"),
    ("conf-file", "-f"),
    ("conf", "-c"),
    ("conf-uri", "-u"),
    ("auth-provider", "-a"),
    ("poll-interval", "-i"),
    ("backup-directory", "-b"),
    ("zkConnString", "-z"),
    ("zkBasePath", "-p"),
    ("classpath", "-C"),
];

/// A file with options that are not said.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    path: PathBuf,
}

/// Why the options in a file cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum DefaultsError {
    #[error("cannot read {path}: {cause}", path = .path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("{path}:{line}: {message}", path = .path.display())]
    Bad { path: PathBuf, line: u32, message: String },
}

impl Defaults {
    /// `/etc/flume/flume.opts`, or what `FLUME_OPTS_FILE` names.
    pub(super) fn of_this_machine() -> Self {
        let named = std::env::var_os("FLUME_OPTS_FILE");
        Self { path: named.map_or_else(|| PathBuf::from("/etc/flume/flume.opts"), PathBuf::from) }
    }

    /// What is to be added to `said`.
    fn missing(&self, said: &[OsString]) -> Result<Vec<OsString>, DefaultsError> {
        let content = match fs::read_to_string(&self.path) {
            Ok(content) => content,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(DefaultsError::Read { path: self.path.clone(), cause }),
        };
        let (entries, problems) = parse(FileId::default(), &content);
        if let Some(problem) = problems.iter().find(|said| said.severity == Severity::Error) {
            let line = problem.span.map_or(0, |span| span.start.line);
            return Err(self.bad(line, problem.message.clone()));
        }
        let mut missing = Vec::new();
        for entry in &entries {
            let (name, value) = (entry.key.trimmed(), entry.value.trimmed());
            let line = entry.key.span().start.line;
            if !LONG.contains(&name) && !FLAGS.contains(&name) && name != "grace" {
                return Err(self.bad(line, format!("there is no option --{name}")));
            }
            if is_said(said, name) {
                continue;
            }
            if !FLAGS.contains(&name) {
                missing.push(format!("--{name}={value}").into());
            } else if ["", "true", "yes", "1"].contains(&value) {
                missing.push(format!("--{name}").into());
            }
        }
        Ok(missing)
    }

    fn bad(&self, line: u32, message: String) -> DefaultsError {
        DefaultsError::Bad { path: self.path.clone(), line, message }
    }
}

/// Whether an option is among the words, long or short.
fn is_said(said: &[OsString], name: &str) -> bool {
    let letter = LETTERS.iter().find(|(long, _)| *long == name).map(|(_, letter)| *letter);
    said.iter().filter_map(|word| word.to_str()).any(|word| {
        let long = word.strip_prefix("--").map(|word| word.split('=').next().unwrap_or(word));
        long == Some(name) || letter.is_some_and(|letter| word.starts_with(letter) && !word.starts_with("--"))
    })
}

/// The words with the old ones made new, and with what a file adds to those of `agent`.
pub(super) fn complete(words: Vec<OsString>, defaults: &Defaults) -> Result<Vec<OsString>, DefaultsError> {
    let mut words = words.into_iter();
    let program = words.next().unwrap_or_else(|| "flowcore".into());
    let Some(command) = words.next() else { return Ok(vec![program]) };
    let is_agent = command == "agent" || command == "node";
    let own: Vec<OsString> = if is_agent { words.flat_map(new_words).collect() } else { words.collect() };
    let missing = if is_agent && !asks_for_help(&own) { defaults.missing(&own)? } else { Vec::new() };
    Ok([program, command].into_iter().chain(missing).chain(own).collect())
}

fn asks_for_help(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "-h" || word == "--help")
}

fn new_words(word: OsString) -> Vec<OsString> {
    let Some(old) = word.to_str().and_then(|word| word.strip_prefix('-')) else { return vec![word] };
    if old.starts_with('X') {
        return vec!["--java-option".into(), word];
    }
    let (name, value) = match old.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (old, None),
    };
    let long = LONG.iter().find(|long| **long == name).copied();
    let long = long.or_else(|| SHORT.iter().find(|(short, _)| *short == name).map(|(_, long)| *long));
    match (long, value) {
        (Some(long), Some(value)) => vec![format!("--{long}={value}").into()],
        (Some(long), None) => vec![format!("--{long}").into()],
        (None, _) => vec![word],
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::Path;

    use super::*;

    fn at(path: &Path) -> Defaults {
        Defaults { path: path.to_owned() }
    }

    fn completed(words: &str, options: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flume.opts");
        fs::write(&path, options).unwrap();
        let words = words.split(' ').map(OsString::from).collect();
        let completed = complete(words, &at(&path)).map_err(|error| error.to_string())?;
        let completed: Vec<&str> = completed.iter().filter_map(|word| OsStr::to_str(word)).collect();
        Ok(completed.join(" "))
    }

    #[test]
    fn words_with_one_dash_are_those_with_two() {
        for (old, new) in [
            ("f agent -name a1 -conf-file x.conf -c conf", "f agent --name a1 --conf-file x.conf -c conf"),
            ("f node -user me -pwd=x -prov C", "f node --conf-user me --conf-password=x --conf-provider C"),
            ("f agent -n a1 -f name -Dname=conf", "f agent -n a1 -f name -Dname=conf"),
            ("f agent -Xmx20m -no-reload-conf", "f agent --java-option -Xmx20m --no-reload-conf"),
            ("f check -name", "f check -name"),
            ("f", "f"),
        ] {
            assert_eq!(completed(old, "").as_deref(), Ok(new));
        }
    }

    #[test]
    fn a_file_has_options_that_are_not_said() {
        let options =
            "# of this machine\nname = a1\nconf-file: /etc/a.conf\nno-reload-conf = true\npoll-interval=9\n";
        for (said, all) in [
            ("f agent", "f agent --name=a1 --conf-file=/etc/a.conf --no-reload-conf --poll-interval=9"),
            ("f agent -n b -fx -i 1", "f agent --no-reload-conf -n b -fx -i 1"),
            (
                "f agent --name=b --conf-file x",
                "f agent --no-reload-conf --poll-interval=9 --name=b --conf-file x",
            ),
            ("f agent --help", "f agent --help"),
            ("f check x", "f check x"),
        ] {
            assert_eq!(completed(said, options).as_deref(), Ok(all));
        }
        assert_eq!(completed("f agent", "no-reload-conf = false").as_deref(), Ok("f agent"));
        let said = completed("f agent", "\nnam = a1").unwrap_err();
        assert!(said.ends_with("flume.opts:2: there is no option --nam"), "{said}");
    }

    #[test]
    fn a_file_that_is_not_there_adds_nothing() {
        let words = vec!["f".into(), "agent".into()];
        assert_eq!(complete(words, &at(Path::new("/not/there"))).unwrap().len(), 2);
    }
}
