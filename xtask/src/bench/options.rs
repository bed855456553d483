//! What `cargo xtask bench` is told.

use std::path::PathBuf;

use super::subjects::{self, BuiltIn, Sizes, Subject};

const QUICK_ROUNDS: usize = 3;
const ROUNDS: usize = 7;

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) subjects: Vec<&'static Subject>,
    pub(crate) quick: bool,
    pub(crate) rounds: usize,
    pub(crate) json: Option<PathBuf>,
    pub(crate) guests: Vec<BuiltIn>,
}

impl Options {
    /// Reads the command line behind `bench`.
    ///
    /// # Errors
    /// A sentence for who wrote it.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, String> {
        let (mut names, mut rounds, mut json) = (Vec::new(), None, None);
        let (mut quick, mut guests) = (false, Vec::new());
        let mut left = arguments.iter();
        while let Some(&argument) = left.next() {
            match argument {
                "--quick" => quick = true,
                "--rounds" => rounds = Some(parse_rounds(left.next())?),
                "--json" => json = Some(left.next().ok_or("`--json` needs the name of a file")?.into()),
                "--with" => guests.push(parse_guest(left.next())?),
                option if option.starts_with('-') => return Err(format!("unknown option: {option}")),
                name => names.push(name.to_owned()),
            }
        }
        let rounds = rounds.unwrap_or(if quick { QUICK_ROUNDS } else { ROUNDS });
        let subjects = subjects::select(&names).map_err(|name| {
            format!("unknown subject: {name}\nthere are: {}", subjects::names().join(", "))
        })?;
        Ok(Self { subjects, quick, rounds, json, guests })
    }

    /// Which of both sizes is meant.
    pub(crate) fn size(&self, sizes: Sizes) -> u64 {
        if self.quick { sizes.quick } else { sizes.full }
    }
}

fn parse_guest(name: Option<&&str>) -> Result<BuiltIn, String> {
    let guest = BuiltIn::GUESTS.iter().find(|guest| name.is_some_and(|&name| name == guest.0));
    guest.map(|guest| guest.1).ok_or_else(|| {
        let names = BuiltIn::GUESTS.map(|guest| guest.0).join(", ");
        format!("`--with` needs the name of a peer; there are: {names}")
    })
}

fn parse_rounds(number: Option<&&str>) -> Result<usize, String> {
    let rounds = number.and_then(|number| number.parse().ok()).filter(|&rounds| rounds > 0);
    rounds.ok_or_else(|| "`--rounds` needs a number from 1 on".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_names_come_in_any_order() -> Result<(), String> {
        let options = Options::parse(&["--quick", "hop", "--json", "out.json", "tail", "--rounds", "9"])?;
        assert!(options.quick);
        assert_eq!(options.rounds, 9);
        assert_eq!(options.json, Some("out.json".into()));
        assert_eq!(options.subjects.len(), 2);
        assert_eq!(options.guests, []);
        let both = Options::parse(&["--with", "storm", "hop", "--with", "flume"])?;
        assert_eq!(both.guests, [BuiltIn::Storm, BuiltIn::Flume]);
        Ok(())
    }

    #[test]
    fn quick_has_fewer_rounds() -> Result<(), String> {
        assert!(Options::parse(&["--quick"])?.rounds < Options::parse(&[])?.rounds);
        Ok(())
    }

    #[test]
    fn who_names_no_subject_is_told_all_of_them() {
        let problem = Options::parse(&["hopp"]).map(|_| ()).unwrap_err();
        assert!(problem.starts_with("unknown subject: hopp\nthere are: word-count, "), "{problem}");
        assert!(problem.ends_with(", idle"), "{problem}");
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        for (arguments, problem) in [
            (&["--json"][..], "`--json` needs the name of a file"),
            (&["--rounds", "0"], "`--rounds` needs a number from 1 on"),
            (&["--rounds"], "`--rounds` needs a number from 1 on"),
            (&["--with"], "`--with` needs the name of a peer; there are: storm, flume"),
            (&["--with", "flink"], "`--with` needs the name of a peer; there are: storm, flume"),
            (&["--fast"], "unknown option: --fast"),
        ] {
            assert_eq!(Options::parse(arguments).map(|_| ()), Err(problem.to_owned()));
        }
    }
}
