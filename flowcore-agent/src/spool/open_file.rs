use std::path::{Path, PathBuf};

use flowcore::base::{Disk, DiskEntry};
use flowcore::event::{Event, Headers};

use super::delivered::Delivered;
use super::error::FileProblem;
use super::options::SpoolOptions;
use super::{DeserializeError, Deserializer, FileInput};

/// The file at hand.
pub(super) struct OpenFile {
    /// As it was when it was opened.
    pub(super) entry: DiskEntry,
    pub(super) delivered: Delivered,
    pub(super) input: FileInput,
    deserializer: Box<dyn Deserializer>,
    headers: Headers,
    is_begun: bool,
}

impl OpenFile {
    pub(super) fn open(path: &Path, position: u64, options: &SpoolOptions) -> Result<Self, FileProblem> {
        let opened = options.disk.entry(path).and_then(|entry| Ok((options.disk.open(path)?, entry)));
        let (file, entry) = opened.map_err(FileProblem::Open)?;
        // What stood there is gone.
        let position = if position > entry.size { 0 } else { position };
        Ok(Self {
            delivered: Delivered::from(position),
            input: FileInput::new(file, position),
            deserializer: (options.deserializer)(),
            headers: headers(path, options),
            is_begun: position > 0,
            entry,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.entry.path
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
    pub(super) fn go_back(&mut self, position: u64, options: &SpoolOptions) {
        self.input.seek(position);
        self.deserializer = (options.deserializer)();
    }

    /// All of it is delivered: it is renamed, removed, or noted as done.
    pub(super) fn finish(&self, options: &SpoolOptions) -> Result<(), FileProblem> {
        let disk = &*options.disk;
        self.is_as_it_was(disk)?;
        let Some(target) = options.done.name(self.path(), options) else {
            return disk.remove(self.path()).map_err(FileProblem::Finish);
        };
        if disk.entry(&target).is_ok() {
            return Err(FileProblem::Reused { done: target });
        }
        let finished = if options.done == super::Done::Track {
            disk.replace(&target, b"")
        } else {
            disk.rename(self.path(), &target)
        };
        finished.map_err(FileProblem::Finish)
    }

    fn is_as_it_was(&self, disk: &dyn Disk) -> Result<(), FileProblem> {
        let now = disk.entry(self.path()).map_err(FileProblem::Finish)?;
        if now.size != self.entry.size {
            return Err(FileProblem::Resized);
        }
        if now.modified != self.entry.modified || now.identity != self.entry.identity {
            return Err(FileProblem::Modified);
        }
        Ok(())
    }
}

impl super::Done {
    /// The file that is to be there then.
    fn name(self, path: &Path, options: &SpoolOptions) -> Option<PathBuf> {
        match self {
            Self::Remove => None,
            Self::Rename => Some(options.wanted.with_suffix(path)),
            Self::Track => options.wanted.done_name(path, &options.folder),
        }
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
