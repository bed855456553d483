//! What is run, and for how long.

use std::path::PathBuf;

/// The words behind `cargo xtask fuzz`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// All, if none was named.
    pub(crate) targets: Vec<String>,
    /// For each target.
    pub(crate) seconds: u32,
    /// What the fuzzers begin their dice with.
    pub(crate) seed: u32,
    /// One input to be repeated, for one target.
    pub(crate) input: Option<PathBuf>,
}

/// The same for everybody, so that a run says the same twice.
const SEED: u32 = 1_861_223;

impl Options {
    /// These targets for so many seconds each.
    pub(crate) fn new(targets: Vec<String>, seconds: u32) -> Self {
        Self { targets, seconds, seed: SEED, input: None }
    }

    /// `known` are the targets that there are.
    ///
    /// # Errors
    /// What is not understood, and what would be.
    pub(crate) fn parse(arguments: &[&str], known: &[String]) -> Result<Self, String> {
        let mut options = Self::new(Vec::new(), 60);
        let mut words = arguments.iter();
        while let Some(&word) = words.next() {
            match word {
                "--seconds" => options.seconds = number("--seconds", words.next())?,
                "--seed" => options.seed = number("--seed", words.next())?,
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

fn number(option: &str, word: Option<&&str>) -> Result<u32, String> {
    let number = word.and_then(|word| word.parse().ok()).filter(|&number| number > 0);
    number.ok_or_else(|| format!("{option} needs a number above 0"))
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
        assert_eq!(parse(&[]), Ok(Options::new(targets, 60)));
        let targets = vec!["http".to_owned()];
        assert_eq!(parse(&["http", "--seconds", "5"]), Ok(Options::new(targets, 5)));
    }

    #[test]
    fn the_seed_is_always_the_same_unless_another_one_is_said() {
        assert_eq!(parse(&[]).map(|options| options.seed), Ok(SEED));
        assert_eq!(parse(&["avro", "--seed", "7"]).map(|options| options.seed), Ok(7));
        // To libFuzzer 0 is any.
        assert!(parse(&["--seed", "0"]).unwrap_err().contains("--seed needs a number above 0"));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(parse(&["ftp"]).unwrap_err().contains("ftp; there are: avro http"));
        assert!(parse(&["--seconds", "0"]).is_err() && parse(&["--seconds"]).is_err());
        assert!(parse(&["--input", "crash"]).unwrap_err().contains("one target"));
        assert!(parse(&["avro", "--input", "crash"]).is_ok());
    }
}
