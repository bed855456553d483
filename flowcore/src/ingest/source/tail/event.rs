use std::path::Path;
use std::sync::Arc;

use super::Line;
use crate::base::FileIdentity;
use crate::event::Event;

/// The header of an event whose body is only the beginning of a line: the line's full length in bytes.
const TRUNCATED: &str = "truncated";

/// An event for each line, without headers if the line is whole.
pub(super) fn plain(line: Line<'_>) -> Event {
    let event = Event::new(line.body);
    match line.truncated {
        Some(length) => event.with_header(TRUNCATED, length.to_string()),
        None => event,
    }
}

/// An event for each line with its place in the headers. Names and the file are made once.
pub(super) fn with_positions() -> impl FnMut(Line<'_>) -> Event + Send {
    let [file, path, offset, end, number]: [Arc<str>; 5] =
        ["file", "path", "offset", "end", "line"].map(Arc::from);
    let mut last = FileNames::default();
    move |line| {
        let (identity, name) = last.of(line.file, line.path);
        let mut event = Event::new(line.body);
        event.headers.insert(Arc::clone(&file), identity);
        event.headers.insert(Arc::clone(&path), name);
        event.headers.insert(Arc::clone(&offset), line.offset.to_string());
        event.headers.insert(Arc::clone(&end), line.end.to_string());
        event.headers.insert(Arc::clone(&number), line.number.to_string());
        match line.truncated {
            Some(length) => event.with_header(TRUNCATED, length.to_string()),
            None => event,
        }
    }
}

#[derive(Default)]
struct FileNames(Option<(FileIdentity, Arc<Path>, Arc<str>, Arc<str>)>);

impl FileNames {
    fn of(&mut self, file: FileIdentity, path: &Path) -> (Arc<str>, Arc<str>) {
        match &self.0 {
            Some((known, at, identity, name)) if *known == file && **at == *path => {
                (Arc::clone(identity), Arc::clone(name))
            }
            _ => {
                let identity: Arc<str> = format!("{}:{}", file.device, file.inode).into();
                let name: Arc<str> = path.to_string_lossy().into();
                self.0 = Some((file, Arc::from(path), Arc::clone(&identity), Arc::clone(&name)));
                (identity, name)
            }
        }
    }
}
