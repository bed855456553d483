//! What libFuzzer prints.

/// How much was tried, of a run in which nothing was found.
pub(super) fn summary(log: &str) -> Option<String> {
    let done = log.lines().rev().find_map(|line| line.strip_prefix("Done "))?;
    let covered = log.lines().rev().find_map(|line| number_after(line, "cov: "))?;
    Some(format!("{done}, {covered} places reached"))
}

/// The file with what made it fail.
pub(super) fn found(log: &str) -> Option<&str> {
    log.lines().rev().find_map(|line| line.split_once("Test unit written to ").map(|(_, path)| path.trim()))
}

fn number_after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    line.split_once(mark)?.1.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "#2\tINITED cov: 41 ft: 42 corp: 1/1b exec/s: 0 rss: 40Mb\n\
                       #9\tDONE   cov: 57 ft: 90 corp: 3/9b lim: 4 exec/s: 4 rss: 41Mb\n\
                       Done 9 runs in 2 second(s)\n";

    #[test]
    fn the_runs_and_what_they_reached_are_read() {
        assert_eq!(summary(LOG).as_deref(), Some("9 runs in 2 second(s), 57 places reached"));
        assert_eq!(summary("==1== ERROR"), None);
    }

    #[test]
    fn the_input_that_failed_is_read() {
        let log = "SUMMARY: libFuzzer: deadly signal\nartifact_prefix='a/'; Test unit written to a/crash-12\nBase64: eA==\n";
        assert_eq!(found(log), Some("a/crash-12"));
        assert_eq!(found(LOG), None);
    }
}
