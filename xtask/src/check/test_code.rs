//! Which parts of a crate are tests: rules about imports and seams do not bind them.

use super::lexer::Token;

/// The tokens of a file that are not under `#[cfg(test)]`, and the names of the modules in other files that
/// are.
pub(crate) fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    let mut kept = Vec::new();
    let mut test_modules = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((end, is_test)) = attribute(tokens, at) else {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        };
        if !is_test {
            kept.extend_from_slice(&tokens[at..end]);
            at = end;
        } else if text(tokens, at + 1) == "!" {
            return (kept, test_modules);
        } else {
            let item = after_attributes(tokens, end);
            test_modules.extend(module_in_a_file(tokens, item));
            at = end_of_item(tokens, item);
        }
    }
    (kept, test_modules)
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| &token.text)
}

/// The end of the attribute that starts at `at`, and whether it says `cfg(test)`.
pub(crate) fn attribute(tokens: &[Token], at: usize) -> Option<(usize, bool)> {
    if text(tokens, at) != "#" {
        return None;
    }
    let open = if text(tokens, at + 1) == "!" { at + 2 } else { at + 1 };
    if text(tokens, open) != "[" {
        return None;
    }
    let end = closed(tokens, open);
    let words: Vec<&str> = tokens[open + 1..end].iter().map(|token| token.text.as_str()).collect();
    let is_test = words.first() == Some(&"cfg")
        && words.contains(&"test")
        && !words.iter().any(|word| ["not", "any"].contains(word));
    Some((end, is_test))
}

fn after_attributes(tokens: &[Token], mut at: usize) -> usize {
    while let Some((end, _)) = attribute(tokens, at) {
        at = end;
    }
    at
}

/// The place behind the bracket that closes the one at `open`.
fn closed(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        match text(tokens, at) {
            ";" => return at + 1,
            "{" => return closed(tokens, at),
            "(" | "[" => at = closed(tokens, at),
            _ => at += 1,
        }
    }
    at
}

fn module_in_a_file(tokens: &[Token], item: usize) -> Option<String> {
    let is_module = text(tokens, item) == "mod" && text(tokens, item + 2) == ";";
    is_module.then(|| text(tokens, item + 1).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    fn kept(source: &str) -> (String, Vec<String>) {
        let (kept, modules) = without_tests(&tokens(source));
        (kept.into_iter().map(|token| token.text).collect::<Vec<_>>().join(" "), modules)
    }

    #[test]
    fn a_test_module_is_left_out_and_what_follows_is_not() {
        let source = "a; #[cfg(test)] #[expect(x)] mod tests { use crate::b; fn f() {} } c;";
        assert_eq!(kept(source), ("a ; c ;".to_owned(), vec![]));
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_named() {
        assert_eq!(kept("#[cfg(test)] mod model; b;"), ("b ;".to_owned(), vec!["model".to_owned()]));
    }

    #[test]
    fn a_test_function_is_left_out_with_its_brackets() {
        assert_eq!(kept("#[cfg(all(test, unix))] fn f(a: [u8; 3]) -> u8 { 1 } b;").0, "b ;");
    }

    #[test]
    fn a_file_that_is_a_test_has_no_tokens() {
        assert_eq!(kept("#![cfg(test)] use crate::x;").0, "");
    }

    #[test]
    fn other_conditions_are_kept() {
        assert!(kept("#[cfg(not(test))] fn f() {}").0.ends_with("fn f ( ) { }"));
        assert!(kept("#[cfg(unix)] fn f() {}").0.ends_with("fn f ( ) { }"));
    }
}
