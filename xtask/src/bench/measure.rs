//! What a contestant prints: `VALUE UNIT of WORK`, one line for each thing that it measured.

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measure {
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// How much was done: the same for all who are compared.
    pub(crate) work: u64,
}

impl Measure {
    /// Whether less is better: a time, or what is taken from the machine.
    pub(crate) fn less_is_better(&self) -> bool {
        !self.unit.ends_with("/s")
    }
}

/// Reads all that a contestant printed.
///
/// # Errors
/// The line that is no measure, or that there is none.
pub(crate) fn parse(output: &str) -> Result<Vec<Measure>, String> {
    let measures: Result<Vec<_>, _> =
        output.lines().map(|line| parse_line(line).ok_or_else(|| format!("no measure: {line}"))).collect();
    match measures {
        Ok(none) if none.is_empty() => Err("it printed nothing".to_owned()),
        other => other,
    }
}

fn parse_line(line: &str) -> Option<Measure> {
    let words: Vec<&str> = line.split(' ').collect();
    let [value, unit, "of", work] = words[..] else { return None };
    let value = value.parse().ok().filter(|value: &f64| value.is_finite() && *value >= 0.0)?;
    Some(Measure { value, unit: unit.to_owned(), work: work.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_measure() {
        let found = parse("12.5 us-p50 of 1000\n40 us-p99 of 1000\n").unwrap();
        assert_eq!(found[0], Measure { value: 12.5, unit: "us-p50".to_owned(), work: 1000 });
        assert!(found[1].less_is_better());
        assert!(!parse("78000000 words/s of 5").unwrap()[0].less_is_better());
    }

    #[test]
    fn anything_else_is_refused_with_the_line() {
        for line in ["words", "1 words/s", "1 words/s of", "NaN words/s of 1", "1 words/s of -1", "-1 s of 1"]
        {
            assert_eq!(parse(line), Err(format!("no measure: {line}")));
        }
        assert_eq!(parse(""), Err("it printed nothing".to_owned()));
    }
}
