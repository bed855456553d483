/// Which of the files that were read, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u16);

/// A place in a file. Lines and columns are counted from 1; a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character in it.
    pub column: u32,
}

/// A piece of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Where it begins.
    pub start: Position,
    /// How many characters it has. 0 points between two of them.
    pub length: u32,
}

/// A file that was read, for showing its lines.
#[derive(Debug, Clone, Default)]
pub struct SourceFile {
    /// What it is called in messages.
    pub name: String,
    /// Its text, without a byte order mark.
    pub text: String,
    /// Where values stand that nobody may see: first line with its column, last line.
    pub(crate) secrets: Vec<(Position, u32)>,
}

/// The files that were read.
#[derive(Debug, Clone, Default)]
pub struct SourceFiles {
    files: Vec<SourceFile>,
}

impl SourceFile {
    /// A line, counted from 1, with the values of passwords left out.
    pub fn line(&self, line: u32) -> Option<String> {
        let text = lines(&self.text).nth(usize::try_from(line.checked_sub(1)?).ok()?)?;
        let Some((start, _)) = self.secrets.iter().find(|(start, last)| start.line <= line && line <= *last)
        else {
            return Some(text.to_owned());
        };
        let kept = if start.line == line { start.column as usize - 1 } else { 0 };
        Some(text.chars().take(kept).chain("***".chars()).collect())
    }
}

impl SourceFiles {
    /// Adds a file. `None` when there are 65,535 already.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> Option<FileId> {
        let id = u16::try_from(self.files.len()).ok()?;
        self.files.push(SourceFile { name: name.into(), text: text.into(), secrets: Vec::new() });
        Some(FileId(id))
    }

    /// All of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> + Clone {
        self.files.iter()
    }

    /// One of them.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(usize::from(id.0))
    }

    pub(crate) fn get_mut(&mut self, id: FileId) -> Option<&mut SourceFile> {
        self.files.get_mut(usize::from(id.0))
    }
}

/// The lines of a text that ends them with `\n`, `\r` or `\r\n`.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else {
            rest = None;
            return (!text.is_empty()).then_some(text);
        };
        let ending = if text[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&text[end + ending..]);
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_each_of_the_three_ways() {
        let found: Vec<&str> = lines("a\nb\rc\r\nd\n\ne").collect();
        assert_eq!(found, ["a", "b", "c", "d", "", "e"]);
        assert_eq!(lines("a\n").count(), 1);
        assert_eq!(lines("").count(), 0);
    }

    #[test]
    fn the_value_of_a_password_is_not_shown() {
        let secrets = vec![(Position { line: 1, column: 5 }, 2)];
        let file = SourceFile { name: "x".into(), text: "a = geheim\\\nmehr\nb = 1".into(), secrets };
        assert_eq!(file.line(1).as_deref(), Some("a = ***"));
        assert_eq!(file.line(2).as_deref(), Some("***"));
        assert_eq!(file.line(3).as_deref(), Some("b = 1"));
        assert_eq!((file.line(0), file.line(4)), (None, None));
    }
}
