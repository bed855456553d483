/// How a part of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As the terminal has it.
    Plain,
    /// A heading.
    Bold,
    /// What is of little interest.
    Dim,
    /// What is well.
    Good,
    /// What may become a problem.
    Warn,
    /// What is a problem.
    Bad,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Warn => "\x1b[33m",
            Self::Bad => "\x1b[31m",
        }
    }
}

/// A line of a screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line(Vec<(Style, String)>);

impl Line {
    /// One of a single style.
    pub fn of(style: Style, text: impl Into<String>) -> Self {
        Self(vec![(style, text.into())])
    }

    pub(super) fn push(&mut self, style: Style, text: impl Into<String>) {
        self.0.push((style, text.into()));
    }

    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// The same line in at most `width` places.
    #[must_use]
    pub(super) fn cut(self, width: usize) -> Self {
        let mut left = width;
        let mut parts = Vec::new();
        for (style, text) in self.0 {
            let text = clip(&text, left);
            left = left.saturating_sub(text.chars().count());
            parts.push((style, text));
        }
        Self(parts)
    }

    /// Its text, with colours for a terminal or without.
    pub fn text(&self, colours: bool) -> String {
        let mut out = String::new();
        for (style, text) in &self.0 {
            if colours && *style != Style::Plain && !text.is_empty() {
                out.push_str(style.code());
                out.push_str(text);
                out.push_str("\x1b[0m");
            } else {
                out.push_str(text);
            }
        }
        out.truncate(out.trim_end_matches(' ').len());
        out
    }
}

/// The text in lines of at most `width` letters, broken between words where that is possible. What comes after
/// the third one is cut.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    const LINES: usize = 3;
    const INDENT: &str = "  ";
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let has_room = line.chars().count() + 1 + word.chars().count() <= width;
        if line.trim().is_empty() || has_room || lines.len() + 1 == LINES {
            line.push_str(if line.is_empty() || line == INDENT { "" } else { " " });
            line.push_str(word);
        } else {
            lines.push(std::mem::replace(&mut line, format!("{INDENT}{word}")));
        }
    }
    lines.push(line);
    lines
}

/// At most `width` letters; the last one shows that there were more.
pub(super) fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    if width == 0 { kept } else { format!("{kept}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_between_words_and_ends_in_the_third_line() {
        assert_eq!(wrapped("one two three", 13), ["one two three"]);
        assert_eq!(wrapped("one two three", 9), ["one two", "  three"]);
        assert_eq!(wrapped("one", 1), ["one"]);
        assert_eq!(wrapped("a bb cc dd ee ff", 4), ["a bb", "  cc", "  dd ee ff"]);
    }
}
