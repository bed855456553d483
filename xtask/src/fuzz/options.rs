//! What is run, and for how long.

use std::path::PathBuf;

/// The words behind `cargo xtask fuzz`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// All, if none was named.
    pub(crate) targets: Vec<String>,
    /// For each target.
    pub(crate) seconds: u32,
    /// One input to be repeated, for one target.
    pub(crate) input: Option<PathBuf>,
}

impl Options {
    /// `known` are the targets that there are.
    ///
    /// # Errors
    /// What is not understood, and what would be.
    pub(crate) fn parse(arguments: &[&str], known: &[String]) -> Result<Self, String> {
        let mut options = Self { targets: Vec::new(), seconds: 60, input: None };
        let mut words = arguments.iter();
        while let Some(&word) = words.next() {
            match word {
                "--seconds" => options.seconds = seconds(words.next())?,
                "--input" => options.input = Some(words.next().ok_or("--input needs a file")?.into()),
                target if known.iter().any(|name| name == target) => options.targets.push(target.to_owned()),
                other => {
                    return Err(format!("no fuzz target is called {other}; there are: {}", known.join(" ")));
                }
            }
        }
        if options.input.is_some() && options.targets.len() != 1 {
            return Err("--input needs one target: the one that found it".to_owned());
        }
        if options.targets.is_empty() {
            options.targets = known.to_vec();
        }
        Ok(options)
    }
}

fn seconds(word: Option<&&str>) -> Result<u32, String> {
    let number = word.and_then(|word| word.parse().ok()).filter(|&number| number > 0);
    number.ok_or_else(|| "--seconds needs a number above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        Options::parse(arguments, &["avro".to_owned(), "http".to_owned()])
    }

    #[test]
    fn all_targets_run_for_a_minute_unless_something_else_is_said() {
        let targets = vec!["avro".to_owned(), "http".to_owned()];
        assert_eq!(parse(&[]), Ok(Options { targets, seconds: 60, input: None }));
        let targets = vec!["http".to_owned()];
        assert_eq!(parse(&["http", "--seconds", "5"]), Ok(Options { targets, seconds: 5, input: None }));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(parse(&["ftp"]).unwrap_err().contains("ftp; there are: avro http"));
        assert!(parse(&["--seconds", "0"]).is_err() && parse(&["--seconds"]).is_err());
        assert!(parse(&["--input", "crash"]).unwrap_err().contains("one target"));
        assert!(parse(&["avro", "--input", "crash"]).is_ok());
    }
}
