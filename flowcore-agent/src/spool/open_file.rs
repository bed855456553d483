use std::io;
use std::path::Path;

use flowcore::base::DiskEntry;
use flowcore::event::{Event, Headers};

use super::delivered::Delivered;
use super::error::FileProblem;
use super::mark::FileMark;
use super::options::SpoolOptions;
use super::tracked::Saved;
use super::{DeserializeError, Deserializer, FileInput};

/// The file at hand.
pub(super) struct OpenFile {
    /// As it was when it was opened.
    pub(super) entry: DiskEntry,
    pub(super) mark: FileMark,
    pub(super) delivered: Delivered,
    input: FileInput,
    deserializer: Box<dyn Deserializer>,
    headers: Headers,
    is_begun: bool,
}

/// Up to where a file was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) position: u64,
    /// Events behind it that were read, too.
    more: usize,
}

impl OpenFile {
    /// Opens a file to go on where it was, if it is still that one.
    pub(super) fn open(path: &Path, saved: &Saved, options: &SpoolOptions) -> Result<Self, FileProblem> {
        Self::try_open(path, saved, options).map_err(FileProblem::Open)
    }

    fn try_open(path: &Path, saved: &Saved, options: &SpoolOptions) -> io::Result<Self> {
        let entry = options.disk.entry(path)?;
        let mut input = FileInput::new(options.disk.open(path)?, 0).named(path);
        let is_same = match &saved.mark {
            Some(mark) => input.is_marked(mark)?,
            None => true,
        };
        // What stood there is gone.
        let position = if is_same && saved.position <= entry.size { saved.position } else { 0 };
        input.seek(position);
        Ok(Self {
            mark: input.mark()?,
            delivered: Delivered::from(position),
            input,
            deserializer: (options.deserializer)(),
            headers: headers(path, options),
            is_begun: position > 0,
            entry,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.entry.path
    }

    /// Up to where it is delivered.
    pub(super) fn saved(&self) -> Saved {
        Saved { position: self.delivered.position(), mark: Some(self.mark.clone()) }
    }

    /// Up to where it was read.
    pub(super) fn place(&self) -> Place {
        Place { position: self.input.position(), more: self.deserializer.repeated() }
    }

    /// The next events, none at the end. What was read before an error is there, too.
    pub(super) fn read(&mut self, max: usize) -> (Vec<Event>, Result<(), DeserializeError>) {
        let mut events = Vec::with_capacity(max.min(10_000));
        let result = self.deserializer.read(&mut self.input, max, &mut events);
        if events.is_empty() && result.is_ok() && !self.is_begun && self.entry.size == 0 {
            events.push(Event::default());
        }
        self.is_begun = true;
        if !self.headers.is_empty() {
            for event in &mut events {
                self.add_headers(event);
            }
        }
        (events, result)
    }

    fn add_headers(&self, event: &mut Event) {
        if event.headers.is_empty() {
            event.headers.clone_from(&self.headers);
            return;
        }
        for (name, value) in self.headers.iter() {
            event.headers.insert(name, value);
        }
    }

    /// Goes back to where a batch began that was not put.
    pub(super) fn go_back(&mut self, place: Place, options: &SpoolOptions) -> Result<(), DeserializeError> {
        self.input.seek(place.position);
        self.deserializer = (options.deserializer)();
        let mut left = place.more;
        while left > 0 {
            let mut again = Vec::new();
            self.deserializer.read(&mut self.input, left, &mut again)?;
            if again.is_empty() {
                break;
            }
            left = left.saturating_sub(again.len());
        }
        Ok(())
    }
}

fn headers(path: &Path, options: &SpoolOptions) -> Headers {
    let mut headers = Headers::default();
    if let Some(name) = &options.file_header {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        headers.insert(name.clone(), absolute.to_string_lossy());
    }
    if let Some(name) = &options.basename_header {
        headers.insert(name.clone(), path.file_name().unwrap_or_default().to_string_lossy());
    }
    headers
}
