use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::Line;
use crate::base::FileIdentity;
use crate::event::Event;

/// The header of an event whose body is only the beginning of a line: the line's full length in bytes.
const TRUNCATED: &str = "truncated";

/// An event for each line, without headers if the line is whole.
#[inline]
pub(super) fn plain(line: Line<'_>) -> Event {
    match line.truncated {
        Some(length) => cut(line.body, length),
        None => Event::new(line.body),
    }
}

#[cold]
fn cut(body: Bytes, length: u64) -> Event {
    Event::new(body).with_header(TRUNCATED, length.to_string())
}

/// An event for each line with its place in the headers. Names and the file are made once.
pub(super) fn with_positions() -> impl FnMut(Line<'_>) -> Event + Send {
    let [file, path, offset, end, number]: [Arc<str>; 5] =
        ["file", "path", "offset", "end", "line"].map(Arc::from);
    let mut last = FileNames::default();
    move |line| {
        let (identity, name) = last.of((line.file, line.generation), line.path);
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

/// The header values of the last file that was asked for.
#[derive(Default)]
struct FileNames(Option<FileName>);

struct FileName {
    file: (FileIdentity, u64),
    path: Arc<Path>,
    identity: Arc<str>,
    name: Arc<str>,
}

impl FileNames {
    fn of(&mut self, file: (FileIdentity, u64), path: &Path) -> (Arc<str>, Arc<str>) {
        let known = self.0.take().filter(|known| known.file == file && *known.path == *path);
        let names = self.0.insert(known.unwrap_or_else(|| FileName {
            file,
            path: Arc::from(path),
            identity: format!("{}:{}:{}", file.0.device, file.0.inode, file.1).into(),
            name: path.to_string_lossy().into(),
        }));
        (Arc::clone(&names.identity), Arc::clone(&names.name))
    }
}
