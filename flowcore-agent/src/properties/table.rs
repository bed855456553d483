use std::collections::HashMap;
use std::path::Path;

use super::encoding::decode;
use super::entry::Entry;
use super::reader::parse;
use crate::diagnostic::{Diagnostic, FileId, Position, SourceFiles, Span};

/// How many bytes the files of one configuration may have together.
pub const MAX_BYTES: usize = 4 << 20;

/// How many keys a configuration may have.
pub const MAX_KEYS: usize = 200_000;

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is too large.
    #[error("{name} is too large: a configuration may have {MAX_BYTES} bytes")]
    TooLarge {
        /// The file.
        name: String,
    },
    /// It has too many keys.
    #[error("{name} has too many keys: a configuration may have {MAX_KEYS}")]
    TooManyKeys {
        /// The file.
        name: String,
    },
    /// It is JSON, YAML or XML by its name.
    #[error("{name} is no properties file: the ending .{ending} is not supported")]
    Unsupported {
        /// The file.
        name: String,
        /// Its ending.
        ending: String,
    },
}

/// The entries of one or several files. A later entry replaces an earlier one with the same key; entries
/// stay in the order of the files.
#[derive(Debug, Clone, Default)]
pub struct Properties {
    files: SourceFiles,
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
    said: Vec<Diagnostic>,
    bytes: usize,
}

impl Properties {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the content of a file that is called `name` in messages.
    ///
    /// # Errors
    /// [`LoadError`]; no key was added then.
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<(), LoadError> {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or("");
        if ["json", "yaml", "yml", "xml"].contains(&ending) {
            return Err(LoadError::Unsupported { name: name.to_owned(), ending: ending.to_owned() });
        }
        let too_large = || LoadError::TooLarge { name: name.to_owned() };
        self.bytes = self.bytes.saturating_add(content.len());
        if self.bytes > MAX_BYTES {
            self.bytes -= content.len();
            return Err(too_large());
        }
        let (text, is_utf8) = decode(content);
        let file = self.files.add(name, text.clone()).ok_or_else(too_large)?;
        if !is_utf8 {
            self.said.push(not_utf8(file, content));
        }
        let (entries, said) = parse(file, &text);
        if self.entries.len() + entries.len() > MAX_KEYS {
            return Err(LoadError::TooManyKeys { name: name.to_owned() });
        }
        self.said.extend(said);
        for entry in entries {
            self.insert(file, entry);
        }
        Ok(())
    }

    /// The files, for showing their lines.
    pub fn files(&self) -> &SourceFiles {
        &self.files
    }

    /// The entries, each key once.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of `key`.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.places.get(key).and_then(|&at| self.entries.get(at))
    }

    /// What is to be said about the text itself.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.said
    }

    fn insert(&mut self, file: FileId, entry: Entry) {
        if entry.is_secret()
            && let Some(file) = self.files.get_mut(file)
        {
            let span = entry.value.span();
            file.secrets.push((span.start, entry.value.last_line()));
        }
        let key = entry.key.trimmed().to_owned();
        match self.places.get(&key) {
            None => {
                self.places.insert(key, self.entries.len());
                self.entries.push(entry);
            }
            Some(&at) => {
                self.said.push(duplicate(&key, &self.entries[at], &entry));
                self.entries[at] = entry;
            }
        }
    }
}

fn duplicate(key: &str, old: &Entry, new: &Entry) -> Diagnostic {
    let (old_span, new_span) = (old.key.span(), new.key.span());
    let said = if old_span.file == new_span.file {
        Diagnostic::warning("duplicate-key", format!("`{key}` is set twice"))
    } else {
        // That is what several files are for.
        Diagnostic::note("replaced-key", format!("`{key}` is replaced"))
    };
    said.at(new_span).label("this one holds").also(old_span, "this one has no effect")
}

fn not_utf8(file: FileId, content: &[u8]) -> Diagnostic {
    let good = content.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let line = good.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = good.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let start = Position { line: number(line), column: number(column) };
    Diagnostic::warning("not-utf-8", "the file is not UTF-8 and was read as ISO-8859-1").at(Span {
        file,
        start,
        length: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;

    fn codes(properties: &Properties) -> Vec<&'static str> {
        properties.diagnostics().iter().map(|said| said.code).collect()
    }

    #[test]
    fn the_last_of_two_equal_keys_holds_and_both_lines_are_named() {
        let mut properties = Properties::new();
        properties.add("a.conf", b"x = 1\nx = 3\ny = 2\n").unwrap();
        assert_eq!(properties.get("x").map(|entry| entry.value.as_str()), Some("3"));
        assert_eq!(properties.entries().len(), 2);
        let said = &properties.diagnostics()[0];
        assert_eq!((said.code, said.span.unwrap().start.line), ("duplicate-key", 2));
        assert_eq!(said.related[0].span.start.line, 1);
    }

    #[test]
    fn a_later_file_replaces_keys_which_is_no_fault() {
        let mut properties = Properties::new();
        properties.add("a.conf", b"x = 1\ny = 2\n").unwrap();
        properties.add("b.conf", b"\nx = 3\n").unwrap();
        assert_eq!(properties.get("x").map(|entry| entry.value.as_str()), Some("3"));
        let said = &properties.diagnostics()[0];
        assert_eq!((said.code, said.severity), ("replaced-key", Severity::Note));
        assert_eq!(said.related[0].span.file, FileId(0));
    }

    #[test]
    fn a_file_that_is_not_utf_8_is_read_with_a_warning() {
        let mut properties = Properties::new();
        properties.add("a.conf", b"x = 1\ny = \xe4\n").unwrap();
        assert_eq!(properties.get("y").map(|entry| entry.value.as_str()), Some("ä"));
        assert_eq!(codes(&properties), ["not-utf-8"]);
        assert_eq!(properties.diagnostics()[0].span.unwrap().start, Position { line: 2, column: 5 });
    }

    #[test]
    fn other_kinds_of_files_and_too_large_ones_are_refused() {
        let mut properties = Properties::new();
        let error = properties.add("a.yaml", b"x: 1").unwrap_err();
        assert_eq!(error.to_string(), "a.yaml is no properties file: the ending .yaml is not supported");
        let large = vec![b'#'; MAX_BYTES + 1];
        assert!(matches!(properties.add("a.conf", &large), Err(LoadError::TooLarge { .. })));
        let many = "a\n".repeat(MAX_KEYS + 1);
        assert!(matches!(properties.add("b.conf", many.as_bytes()), Err(LoadError::TooManyKeys { .. })));
        properties.add("a.conf", b"x = 1").unwrap();
    }

    #[test]
    fn passwords_are_hidden_in_the_lines_that_are_shown() {
        let mut properties = Properties::new();
        properties.add("a.conf", b"a.b.keystore-password = geheim \\\n mehr\nx = y").unwrap();
        let file = properties.files().get(FileId(0)).unwrap();
        assert_eq!(file.line(1).as_deref(), Some("a.b.keystore-password = ***"));
        assert_eq!(file.line(2).as_deref(), Some("***"));
    }
}
