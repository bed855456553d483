use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use flowcore::base::FileIdentity;
use flowcore::event::{Event, Headers};
use flowcore::ingest::source::TailSource;
use flowcore::ingest::source::tail::Line;
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};

/// Makes Flume's events of lines, with the headers of their file group.
pub(crate) struct TaildirEvents {
    /// Those of each group.
    groups: Vec<Headers>,
    file_header: Option<Arc<str>>,
    byte_offset: Option<Arc<str>>,
    /// Events have no headers.
    is_plain: bool,
    last: Option<Template>,
}

/// The headers that all lines of a file have.
struct Template {
    file: FileIdentity,
    pattern: usize,
    path: PathBuf,
    headers: Headers,
}

impl TaildirEvents {
    pub(crate) fn new(groups: Vec<Headers>, file_header: Option<&str>, has_byte_offset: bool) -> Self {
        let byte_offset = has_byte_offset.then(|| Arc::from("byteoffset"));
        let is_plain = file_header.is_none() && !has_byte_offset && groups.iter().all(Headers::is_empty);
        Self { groups, file_header: file_header.map(Arc::from), byte_offset, is_plain, last: None }
    }

    #[inline]
    pub(crate) fn event(&mut self, line: Line<'_>) -> Event {
        if self.is_plain { Event::new(line.body) } else { self.with_headers(line) }
    }

    fn with_headers(&mut self, line: Line<'_>) -> Event {
        let is_of = |last: &Template| {
            (last.file, last.pattern) == (line.file, line.pattern)
                && last.path.as_os_str() == line.path.as_os_str()
        };
        if !self.last.as_ref().is_some_and(is_of) {
            self.last = Some(self.template(&line));
        }
        let headers = self.last.as_ref().map(|last| last.headers.clone()).unwrap_or_default();
        let mut event = Event { headers, body: line.body };
        if let Some(name) = &self.byte_offset {
            event.headers.insert(Arc::clone(name), decimal(line.offset));
        }
        event
    }

    fn template(&self, line: &Line<'_>) -> Template {
        let mut headers = self.groups.get(line.pattern).cloned().unwrap_or_default();
        if let Some(name) = &self.file_header {
            headers.insert(Arc::clone(name), line.path.to_string_lossy());
        }
        Template { file: line.file, pattern: line.pattern, path: line.path.to_path_buf(), headers }
    }
}

/// The number's digits, in the event's own allocation alone.
fn decimal(number: u64) -> Arc<str> {
    let mut digits = [0; 20];
    let mut rest = &mut digits[..];
    // It always fits.
    let _ = write!(rest, "{number}");
    let left = rest.len();
    let text = str::from_utf8(&digits[..20 - left]).unwrap_or_default();
    Arc::from(text)
}

/// A taildir source: as the library's, but a folder that is missing at the start is a failure that is tried
/// again.
pub(crate) struct TaildirSource {
    source: TailSource,
    /// Those that must be there, with their file group.
    folders: Vec<(String, PathBuf)>,
}

/// The folder of a file group is not there.
#[derive(Debug, thiserror::Error)]
#[error("file group {group}: directory does not exist: {folder}", folder = .folder.display())]
struct NoFolder {
    group: String,
    folder: PathBuf,
}

impl TaildirSource {
    pub(crate) fn new(source: TailSource, folders: Vec<(String, PathBuf)>) -> Self {
        Self { source, folders }
    }
}

#[async_trait]
impl Source for TaildirSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        if let Some((group, folder)) = self.folders.iter().find(|(_, folder)| !folder.is_dir()) {
            return Err(SourceError::retry(NoFolder { group: group.clone(), folder: folder.clone() }));
        }
        self.source.start(context).await
    }

    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        self.source.run(out).await
    }

    fn blocks(&self) -> bool {
        self.source.blocks()
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        self.source.stop().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_a_header_has_all_its_digits() {
        for number in [0, 7, 10, 4_294_967_296, u64::MAX] {
            assert_eq!(*decimal(number), *number.to_string());
        }
    }
}
