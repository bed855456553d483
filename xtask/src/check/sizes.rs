//! Files that grow too long to be read at once.

use crate::report::Report;
use crate::workspace::SourceFile;

const LIMIT: usize = 450;

/// Names the Rust files with more lines than the limit. It warns only.
pub(crate) fn check(files: &[SourceFile]) -> Report {
    let mut report = Report::default();
    let rust = files.iter().filter(|file| file.path.rsplit_once('.').is_some_and(|(_, end)| end == "rs"));
    for file in rust {
        let lines = file.text.lines().count();
        if lines > LIMIT {
            report.note(format!(
                "warning: {}:{lines}: more than {LIMIT} lines; split it by concept",
                file.path
            ));
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_named_but_fails_nothing() {
        let file = |lines| SourceFile { path: format!("{lines}.rs"), text: "\n".repeat(lines) };
        let report = check(&[file(LIMIT), file(LIMIT + 1)]);
        assert_eq!((report.findings.len(), report.notes.len()), (0, 1));
    }
}
