//! What no file may contain: unfinished code, tests that are switched off, paths of one machine.

use super::lexer::{Token, tokens};
use super::test_code::attribute;
use crate::report::Report;
use crate::workspace::SourceFile;

/// Folders that say where one person's checkout is. Written in two parts: this file is checked too.
const MACHINE_FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

const UNFINISHED: [&str; 2] = ["todo", "unimplemented"];

/// Checks all files: the Rust ones as code, all as text.
pub(crate) fn check(files: &[SourceFile]) -> Report {
    let mut report = Report::default();
    for file in files {
        if has_ending(&file.path, "rs") {
            check_code(file, &mut report);
        }
        if has_ending(&file.path, "rs") || has_ending(&file.path, "md") {
            check_examples(file, &mut report);
        }
        check_paths(file, &mut report);
    }
    report
}

fn has_ending(path: &str, ending: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, end)| end == ending)
}

fn check_code(file: &SourceFile, report: &mut Report) {
    let tokens = tokens(&file.text);
    for (at, token) in tokens.iter().enumerate() {
        let is_macro = tokens.get(at + 1).is_some_and(|next| next.text == "!");
        if is_macro && UNFINISHED.contains(&token.text.as_str()) {
            report.finding(&file.path, token.line, format!("`{}!` is not finished; write it", token.text));
        }
        if switches_off(&tokens, at) {
            let message = "a test that is switched off says nothing; mend it or remove it";
            report.finding(&file.path, token.line, message);
        }
    }
}

fn switches_off(tokens: &[Token], at: usize) -> bool {
    let Some((end, _)) = attribute(tokens, at) else { return false };
    let words: Vec<&str> = tokens[at..end].iter().map(|token| token.text.as_str()).collect();
    words.get(2) == Some(&"ignore") || (words.get(2) == Some(&"cfg_attr") && words.contains(&"ignore"))
}

fn check_examples(file: &SourceFile, report: &mut Report) {
    for (at, line) in file.text.lines().enumerate() {
        let line = line.trim_start().trim_start_matches(['/', '!']).trim_start();
        let Some(flags) = line.strip_prefix("```") else { continue };
        if flags.split([',', ' ']).any(|flag| flag == "ignore") {
            report.finding(
                &file.path,
                at + 1,
                "an example that nothing compiles; let it compile, or mark it `text`",
            );
        }
    }
}

fn check_paths(file: &SourceFile, report: &mut Report) {
    for (at, line) in file.text.lines().enumerate() {
        for folder in MACHINE_FOLDERS.iter().filter(|folder| names_folder(line, folder)) {
            let message = format!("`{folder}` is a path of one machine; use a relative path");
            report.finding(&file.path, at + 1, message);
        }
    }
}

/// Whether a path in `line` starts with `folder`; one in the middle of a path or an address does not count.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !['.', '_', '-', '/', '}', '*'].contains(&c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&[SourceFile { path: path.to_owned(), text: text.to_owned() }]).findings
    }

    #[test]
    fn unfinished_code_is_found_with_its_line() {
        let found = findings("a.rs", "fn f() {\n todo!()\n}\nfn g() { unimplemented!() }");
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("a.rs:2: `todo!`"), "{found:?}");
    }

    #[test]
    fn a_test_that_is_switched_off_is_found() {
        assert_eq!(findings("a.rs", "#[test]\n#[ignore]\nfn f() {}").len(), 1);
        assert_eq!(findings("a.rs", "#[ignore = \"slow\"] fn f() {}").len(), 1);
        assert_eq!(findings("a.rs", "#[cfg_attr(unix, ignore)] fn f() {}").len(), 1);
    }

    #[test]
    fn comments_and_strings_are_no_code() {
        assert_eq!(
            findings("a.rs", "// todo!()\nconst A: &str = \"#[ignore]\"; fn todo() {}"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn an_example_that_nothing_compiles_is_found() {
        assert_eq!(findings("a.rs", "/// ```ignore\n/// x\n/// ```").len(), 1);
        assert_eq!(findings("a.md", "```rust,ignore\nx\n```\n```text\ny\n```").len(), 1);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let folder = MACHINE_FOLDERS[0];
        assert_eq!(findings("a.md", &format!("see `{folder}main`")).len(), 1);
        assert!(findings("a.md", &format!("see https://example.org{folder}x")).is_empty());
        assert!(findings("a.md", &format!("see src{folder}x")).is_empty());
    }
}
