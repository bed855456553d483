use std::fmt::Debug;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use flowcore::base::FileIdentity;
use flowcore::event::Weigh;
use flowcore::ingest::source::tail::Line;

use crate::cover::{Cover, Place};
use crate::order::{Order, Reject};
use crate::rejects::Rejected;

/// A line of orders and where it came from: a place in a file, or a queue's entry.
pub trait InputLine: Debug + Clone + Send + Sync + 'static {
    /// Which input a bucket covers: what its keeper marks as done together with the counts.
    type Cover: Debug + Clone + Default + Send + Sync + 'static;

    /// The order in it.
    ///
    /// # Errors
    /// Why it is no order.
    fn order(&self) -> Result<Order<'_>, Reject>;

    /// The line is counted or rejected now.
    fn add_to(&self, cover: &mut Self::Cover);

    /// Whether `cover` has it already.
    fn is_in(&self, cover: &Self::Cover) -> bool;

    /// What is written down when it is no order.
    fn rejected(&self, reason: &Reject) -> Rejected;
}

/// A line of a file. A bucket holds hundreds of thousands: what they have in common is there once.
#[derive(Debug, Clone)]
pub struct FileLine {
    body: Bytes,
    of: Arc<LineFile>,
    start: u64,
    end: u64,
    number: u64,
    /// The whole line's length, when `body` is its beginning.
    truncated: Option<NonZeroU64>,
}

/// The file of a line.
#[derive(Debug)]
struct LineFile {
    path: PathBuf,
    file: FileIdentity,
    generation: u64,
}

impl LineFile {
    fn of(line: &Line<'_>) -> Arc<Self> {
        Arc::new(Self { path: line.path.to_owned(), file: line.file, generation: line.generation })
    }

    fn has(&self, line: &Line<'_>) -> bool {
        (self.file, self.generation) == (line.file, line.generation) && *self.path == *line.path
    }
}

impl FileLine {
    /// Makes lines out of what the tail source reads.
    pub fn maker() -> impl FnMut(Line<'_>) -> Self + Send + 'static {
        let mut last: Option<Arc<LineFile>> = None;
        move |line| {
            let known = last.take().filter(|of| of.has(&line));
            let of = known.unwrap_or_else(|| LineFile::of(&line));
            last = Some(Arc::clone(&of));
            let Line { body, offset: start, end, number, truncated, .. } = line;
            Self { body, of, start, end, number, truncated: truncated.and_then(NonZeroU64::new) }
        }
    }

    fn place(&self) -> Place {
        let LineFile { file, generation, .. } = *self.of;
        Place { file, generation, start: self.start, end: self.end }
    }
}

impl Weigh for FileLine {
    fn weight(&self) -> usize {
        self.body.len()
    }
}

impl InputLine for FileLine {
    type Cover = Cover;

    fn order(&self) -> Result<Order<'_>, Reject> {
        match self.truncated {
            Some(length) => Err(Reject::line_too_long(length.get())),
            None => Order::parse(&self.body),
        }
    }

    fn add_to(&self, cover: &mut Cover) {
        cover.insert(self.place());
    }

    fn is_in(&self, cover: &Cover) -> bool {
        cover.contains(self.place())
    }

    fn rejected(&self, reason: &Reject) -> Rejected {
        Rejected::new(&self.of.path, self.place(), self.number, reason.to_string(), &self.body)
    }
}

/// An entry of a queue: it has no place, its bytes stand for it.
#[derive(Debug, Clone)]
pub struct QueueEntry {
    body: Bytes,
}

impl QueueEntry {
    /// From its bytes.
    pub fn new(body: Bytes) -> Self {
        Self { body }
    }
}

impl InputLine for QueueEntry {
    type Cover = Vec<Bytes>;

    fn order(&self) -> Result<Order<'_>, Reject> {
        Order::parse(&self.body)
    }

    fn add_to(&self, cover: &mut Vec<Bytes>) {
        cover.push(self.body.clone());
    }

    fn is_in(&self, _cover: &Vec<Bytes>) -> bool {
        // What is counted is no longer in the queue.
        false
    }

    fn rejected(&self, reason: &Reject) -> Rejected {
        let file = FileIdentity { device: 0, inode: 0 };
        let nowhere = Place { file, generation: 0, start: 0, end: 0 };
        Rejected::new(Path::new("queue"), nowhere, 0, reason.to_string(), &self.body)
    }
}
