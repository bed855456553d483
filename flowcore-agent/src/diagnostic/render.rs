use std::fmt::{self, Write};

use super::{Diagnostic, Severity, SourceFiles, Span};

/// Longer lines are cut: a generated file may have one of a megabyte.
const WIDEST: usize = 160;

/// Shows diagnostics to a person, with the lines that they are about.
#[derive(Debug, Clone, Copy)]
pub struct Renderer<'a> {
    files: &'a SourceFiles,
    colours: bool,
}

impl<'a> Renderer<'a> {
    /// Shows lines of `files`; `colours` for a terminal.
    pub fn new(files: &'a SourceFiles, colours: bool) -> Self {
        Self { files, colours }
    }

    /// Writes one, with an empty line behind it.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&self, diagnostic: &Diagnostic, out: &mut impl Write) -> fmt::Result {
        let severity = self.paint(diagnostic.severity, diagnostic.severity.as_str());
        writeln!(out, "{severity}[{}]: {}", diagnostic.code, printable(&diagnostic.message))?;
        let label = diagnostic.label.as_deref().unwrap_or("");
        let label = match &diagnostic.suggestion {
            Some(word) if label.is_empty() => format!("did you mean `{word}`?"),
            Some(word) => format!("{label}; did you mean `{word}`?"),
            None => label.to_owned(),
        };
        match diagnostic.span {
            Some(span) => self.excerpt(span, '^', &label, out)?,
            None if label.is_empty() => {}
            None => writeln!(out, "  = {}", printable(&label))?,
        }
        for related in &diagnostic.related {
            self.excerpt(related.span, '-', &related.message, out)?;
        }
        if let Some(help) = &diagnostic.help {
            writeln!(out, "  = {}", printable(help))?;
        }
        writeln!(out)
    }

    fn excerpt(&self, span: Span, mark: char, label: &str, out: &mut impl Write) -> fmt::Result {
        let Some(file) = self.files.get(span.file) else { return Ok(()) };
        let number = span.start.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(out, "{margin}--> {}:{}:{}", file.name, span.start.line, span.start.column)?;
        let Some(line) = file.line(span.start.line) else { return Ok(()) };
        let (line, column) = window(&line, span.start.column as usize - 1);
        let left = line.len().saturating_sub(column).max(1);
        let marks = mark.to_string().repeat((span.length as usize).clamp(1, left));
        let line: String = line.into_iter().collect();
        writeln!(out, "{margin} |")?;
        writeln!(out, "{number} | {}", line.trim_end())?;
        writeln!(
            out,
            "{}",
            format!("{margin} | {}{marks} {}", " ".repeat(column), printable(label)).trim_end()
        )
    }

    fn paint(&self, severity: Severity, text: &str) -> String {
        let colour = match severity {
            _ if !self.colours => return text.to_owned(),
            Severity::Error => 31,
            Severity::Warning => 33,
            Severity::Note => 36,
        };
        format!("\x1b[1;{colour}m{text}\x1b[0m")
    }
}

/// The part of a line round a character that fits, with what cannot be printed as a blank, and where the
/// character is in it.
fn window(line: &str, column: usize) -> (Vec<char>, usize) {
    let skipped = if column < WIDEST * 3 / 4 { 0 } else { column - WIDEST / 4 };
    let chars = line.chars().skip(skipped).take(WIDEST);
    (chars.map(|c| if c.is_control() { ' ' } else { c }).collect(), column - skipped)
}

/// Nothing from a file reaches the terminal as a control character, and nothing is endless.
fn printable(text: &str) -> String {
    let mut shown: String =
        text.chars().take(4 * WIDEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(4 * WIDEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Position;

    fn shown(text: &str, line: u32, column: u32, length: u32) -> String {
        let mut files = SourceFiles::default();
        let file = files.add("a.conf", text).unwrap();
        let span = Span { file, start: Position { line, column }, length };
        let diagnostic =
            Diagnostic::error("some-code", "message").at(span).suggest(Some("word")).help("do it");
        let mut out = String::new();
        Renderer::new(&files, false).write(&diagnostic, &mut out).unwrap();
        out
    }

    #[test]
    fn the_text_is_underlined_with_the_suggestion_beside_it() {
        let expected = "error[some-code]: message\n --> a.conf:2:3\n  |\n2 | a wrod b\n  |   ^^^^ did you mean `word`?\n  = do it\n\n";
        assert_eq!(shown("x\na wrod b\n", 2, 3, 4), expected);
    }

    #[test]
    fn a_line_of_a_megabyte_and_control_characters_are_tamed() {
        let text = format!("{}\x1b[2Jhere{}", "x".repeat(500_000), "y".repeat(500_000));
        let out = shown(&text, 1, 500_005, 600_000);
        assert!(out.len() < 1_000 && out.contains("here") && !out.contains('\x1b'), "{out}");
    }

    #[test]
    fn a_span_behind_the_end_of_the_file_shows_no_line() {
        assert!(shown("a", 7, 3, 1).contains("a.conf:7:3"));
        assert!(shown("a", 1, 90, 5).contains("a.conf:1:90"));
    }
}
