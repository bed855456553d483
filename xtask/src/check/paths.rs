//! The paths that a file names, with nested braces written out and `self` and `super` resolved.

use super::lexer::Token;

/// A path of at least two parts: `tokio::time::sleep`, or `crate::base::Token`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) parts: Vec<String>,
    pub(crate) line: usize,
}

/// All paths in `tokens`, which belong to the module `module` (its parts from the crate's root).
pub(crate) fn paths(tokens: &[Token], module: &[String]) -> Vec<NamedPath> {
    let mut found = Vec::new();
    let mut modules = ModuleStack::new(module);
    let mut at = 0;
    while at < tokens.len() {
        if starts_path(tokens, at) {
            let mut here = Vec::new();
            at = expand(tokens, at, &[], &mut here);
            found.extend(here.into_iter().map(|path| modules.resolve(path)));
        } else {
            modules.see(tokens, at);
            at += 1;
        }
    }
    found.retain(|path| path.parts.len() > 1);
    found
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| &token.text)
}

fn starts_path(tokens: &[Token], at: usize) -> bool {
    let goes_on = text(tokens, at + 1) == "::";
    let is_group = text(tokens, at) == "{" && at > 0 && text(tokens, at - 1) == "use";
    is_group || (tokens[at].is_word() && goes_on)
}

/// Writes out the tree of paths at `at`, each behind `prefix`, and gives the place behind it.
fn expand(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<NamedPath>) -> usize {
    let mut parts = prefix.to_vec();
    let mut line = tokens.get(at).map_or(0, |token| token.line);
    while let Some(token) = tokens.get(at) {
        if token.text == "{" {
            return expand_group(tokens, at + 1, &parts, found);
        }
        if !token.is_word() && token.text != "*" {
            break;
        }
        (parts, line) = (push(parts, &token.text), token.line);
        at += 1;
        if text(tokens, at) != "::" {
            break;
        }
        at += 1;
    }
    found.push(NamedPath { parts, line });
    at
}

fn expand_group(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut Vec<NamedPath>) -> usize {
    while at < tokens.len() && text(tokens, at) != "}" {
        let start = at;
        if tokens[at].is_word() || ["{", "*"].contains(&text(tokens, at)) {
            at = expand(tokens, at, prefix, found);
        }
        // `as name` and commas.
        while at < tokens.len() && !["}", ","].contains(&text(tokens, at)) {
            at += 1;
        }
        at += usize::from(text(tokens, at) == "," || at == start);
    }
    at + 1
}

/// `a::{self}` is `a`.
fn push(mut parts: Vec<String>, part: &str) -> Vec<String> {
    if part != "self" || parts.is_empty() {
        parts.push(part.to_owned());
    }
    parts
}

/// The module that the reader is in: the file's own, then those that are written out inside it.
struct ModuleStack {
    module: Vec<String>,
    opened_at: Vec<usize>,
    depth: usize,
}

impl ModuleStack {
    fn new(module: &[String]) -> Self {
        Self { module: module.to_vec(), opened_at: Vec::new(), depth: 0 }
    }

    fn see(&mut self, tokens: &[Token], at: usize) {
        match text(tokens, at) {
            "{" => {
                self.depth += 1;
                if at >= 2 && text(tokens, at - 2) == "mod" {
                    self.module.push(text(tokens, at - 1).to_owned());
                    self.opened_at.push(self.depth);
                }
            }
            "}" => {
                if self.opened_at.last() == Some(&self.depth) {
                    self.opened_at.pop();
                    self.module.pop();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
    }

    /// A path from `crate` for one from `self` or `super`.
    fn resolve(&self, path: NamedPath) -> NamedPath {
        let supers = path.parts.iter().take_while(|part| *part == "super").count();
        let is_self = path.parts.first().is_some_and(|part| part == "self");
        if supers == 0 && !is_self {
            return path;
        }
        // `self::super::x`: the `super`s after `self` count as well.
        let skip = usize::from(is_self);
        let more = path.parts[skip..].iter().take_while(|part| *part == "super").count();
        let kept = self.module.len().saturating_sub(more);
        let mut parts = vec!["crate".to_owned()];
        parts.extend_from_slice(&self.module[..kept]);
        parts.extend_from_slice(&path.parts[skip + more..]);
        NamedPath { parts, line: path.line }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    fn found(source: &str, module: &[&str]) -> Vec<String> {
        let module: Vec<String> = module.iter().map(|part| (*part).to_owned()).collect();
        paths(&tokens(source), &module).into_iter().map(|path| path.parts.join("::")).collect()
    }

    #[test]
    fn nested_braces_are_written_out() {
        let source = "use crate::{base::{Clock, Token as T}, event::{self, *}};";
        let expected = ["crate::base::Clock", "crate::base::Token", "crate::event", "crate::event::*"];
        assert_eq!(found(source, &[]), expected);
    }

    #[test]
    fn a_group_without_a_prefix_is_written_out() {
        assert_eq!(found("use {crate::a::B, tokio::task};", &[]), ["crate::a::B", "tokio::task"]);
    }

    #[test]
    fn paths_in_expressions_and_types_are_found() {
        let source = "fn f(x: &crate::process::Bolt) { let y = crate::a::b::<u8>(); z::w { q: 1 }; }";
        assert_eq!(found(source, &[]), ["crate::process::Bolt", "crate::a::b", "z::w"]);
    }

    #[test]
    fn super_and_self_are_resolved_in_files_and_in_modules_inside_them() {
        let source = "use {super::X}; mod inner { use super::super::Y; use self::Z; } use super::super::W;";
        let expected = ["crate::ingest::X", "crate::ingest::Y", "crate::ingest::sink::inner::Z", "crate::W"];
        assert_eq!(found(source, &["ingest", "sink"]), expected);
    }

    #[test]
    fn a_path_knows_the_line_of_its_own_last_part() {
        let lines: Vec<usize> =
            paths(&tokens("use crate::{\n a::B,\n c::D,\n};"), &[]).iter().map(|path| path.line).collect();
        assert_eq!(lines, [2, 3]);
    }

    #[test]
    fn source_that_breaks_off_is_no_panic_and_ends() {
        for source in
            ["use crate::{a", "use crate::{,,", "use {", "crate::", "use crate::{a::{", "super::super"]
        {
            assert!(found(source, &[]).len() <= 2, "{source}");
        }
    }
}
