//! The guide: every page with code is compiled, and no link leads nowhere.

use std::path::{Component, Path, PathBuf};

use crate::report::Report;
use crate::workspace::{SourceFile, Workspace};

/// The file that has the pages' code compiled.
const COMPILED: &str = "flowcore/src/lib.rs";

/// Checks the pages in `docs/`, and the relative links of all pages.
pub(crate) fn check(workspace: &Workspace, files: &[SourceFile]) -> Report {
    let exists = |path: &Path| workspace.root.join(path).exists();
    check_files(files, &exists)
}

fn check_files(files: &[SourceFile], exists: &dyn Fn(&Path) -> bool) -> Report {
    let mut report = Report::default();
    let compiled = files.iter().find(|file| file.path == COMPILED).map_or("", |file| &file.text);
    for file in files.iter().filter(|file| Path::new(&file.path).extension().is_some_and(|end| end == "md")) {
        let has_code = file.text.lines().any(|line| line.trim_end() == "```rust");
        if file.path.starts_with("docs/") && has_code && !compiled.contains(&format!("/{}\"", file.path)) {
            report.finding(&file.path, 1, format!("nothing compiles its code; add it to {COMPILED}"));
        }
        check_links(file, exists, &mut report);
    }
    report
}

fn check_links(file: &SourceFile, exists: &dyn Fn(&Path) -> bool, report: &mut Report) {
    for (at, line) in file.text.lines().enumerate() {
        for target in links(line).filter(|target| !target.contains("://") && !target.starts_with('#')) {
            let path = target.split('#').next().unwrap_or(target);
            let is_there = resolved(&file.path, path).is_some_and(|path| exists(&path));
            if !is_there {
                report.finding(&file.path, at + 1, format!("`{target}` leads nowhere"));
            }
        }
    }
}

/// What stands in the parentheses of links. Code between backticks has none.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let text = line.split('`').step_by(2);
    text.flat_map(|text| text.split("](").skip(1)).filter_map(|rest| rest.split_once(')')).map(|(to, _)| to)
}

/// A relative link from the root. `None` if it leads out of it.
fn resolved(from: &str, link: &str) -> Option<PathBuf> {
    let mut path = Path::new(from).parent()?.to_path_buf();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir if path.pop() => {}
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        let file = |&(path, text): &(&str, &str)| SourceFile { path: path.to_owned(), text: text.to_owned() };
        let files: Vec<_> = files.iter().map(file).collect();
        let exists = |path: &Path| files.iter().any(|file| Path::new(&file.path) == path);
        check_files(&files, &exists).findings
    }

    #[test]
    fn a_page_whose_code_nothing_compiles_is_found() {
        let page = ("docs/windows.md", "```rust\nfn main() {}\n```\n");
        assert_eq!(findings(&[page]).len(), 1);
        let guide = (COMPILED, "#[doc = include_str!(\"../../docs/windows.md\")]");
        assert!(findings(&[page, guide]).is_empty());
        assert!(findings(&[("docs/words.md", "```text\n```\n")]).is_empty());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found_with_its_line() {
        let found = findings(&[("docs/a.md", "see\n[b](b.md) and [c](../c.md)"), ("c.md", "")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("docs/a.md:2: `b.md`"), "{found:?}");
        assert_eq!(findings(&[("a.md", "[out](../b.md)")]).len(), 1);
    }

    #[test]
    fn addresses_headings_and_code_are_left_alone() {
        let text = "[a](https://example.org) [b](#windows) `x[0](y)` [c](a.md#code) [`t`](a.md)";
        assert!(findings(&[("a.md", text)]).is_empty());
    }
}
