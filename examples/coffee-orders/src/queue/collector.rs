use std::path::{Path, PathBuf};

use flowcore::base::FileIdentity;
use flowcore::event::Event;
use flowcore::ingest::Interceptor;

use crate::cover::{Cover, Place};
use crate::order::{Order, Reject};
use crate::rejects::{Rejected, RejectsError, RejectsFile};

/// Keeps lines that are no orders out of the queue: they go into the file of rejects, each once, with the
/// place where they stand. Only here is that known: an entry of the queue is nothing but its bytes.
#[derive(Debug)]
pub struct OrderFilter {
    rejects: RejectsFile,
}

impl OrderFilter {
    /// Rejects go into the folder `dir`.
    ///
    /// # Errors
    /// When the file there cannot be opened.
    pub fn new(dir: &Path) -> Result<Self, RejectsError> {
        Ok(Self { rejects: RejectsFile::open(dir, &Cover::default())? })
    }

    /// Whether the event is to go on.
    fn check(&mut self, event: &Event) -> bool {
        let result = match event.headers.get("truncated").and_then(|length| length.parse().ok()) {
            Some(length) => Err(Reject::line_too_long(length)),
            None => Order::parse(&event.body).map(drop),
        };
        let Err(reason) = result else { return true };
        let Some((path, place, number)) = place(event) else { return true };
        let rejected = Rejected::new(&path, place, number, reason.to_string(), &event.body);
        match self.rejects.append(&rejected) {
            Ok(_) => false,
            Err(error) => {
                // It is not lost: the counting end rejects it as well.
                tracing::error!(error = &error as &dyn std::error::Error, "a line could not be set aside");
                true
            }
        }
    }
}

impl Interceptor<Event> for OrderFilter {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        events.retain(|event| self.check(event));
        events
    }
}

/// Where an event stood, from the headers of the tail source.
fn place(event: &Event) -> Option<(PathBuf, Place, u64)> {
    let header = |name| event.headers.get(name);
    let number = |name| header(name).and_then(|text| text.parse::<u64>().ok());
    let mut parts = header("file")?.split(':').map(str::parse);
    let file = FileIdentity { device: parts.next()?.ok()?, inode: parts.next()?.ok()? };
    let generation = parts.next()?.ok()?;
    let place = Place { file, generation, start: number("offset")?, end: number("end")? };
    Some((PathBuf::from(header("path")?), place, number("line")?))
}
