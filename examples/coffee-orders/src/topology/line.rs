use std::fmt::Debug;
use std::path::Path;
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

/// A line of a file.
#[derive(Debug, Clone)]
pub struct FileLine {
    body: Bytes,
    place: Place,
    number: u64,
    /// The whole line's length, when `body` is its beginning.
    truncated: Option<u64>,
    path: Arc<Path>,
}

impl FileLine {
    /// Makes lines out of what the tail source reads. Lines of one file share its path.
    pub fn maker() -> impl FnMut(Line<'_>) -> Self + Send + 'static {
        let mut last: Arc<Path> = Arc::from(Path::new(""));
        move |line| {
            if *last != *line.path {
                last = Arc::from(line.path);
            }
            let Line { file, generation, offset, end, .. } = line;
            let place = Place { file, generation, start: offset, end };
            let path = Arc::clone(&last);
            Self { body: line.body, place, number: line.number, truncated: line.truncated, path }
        }
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
            Some(length) => Err(Reject::line_too_long(length)),
            None => Order::parse(&self.body),
        }
    }

    fn add_to(&self, cover: &mut Cover) {
        cover.insert(self.place);
    }

    fn is_in(&self, cover: &Cover) -> bool {
        cover.contains(self.place)
    }

    fn rejected(&self, reason: &Reject) -> Rejected {
        Rejected::new(&self.path, self.place, self.number, reason.to_string(), &self.body)
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
