//! A line's place is its name: no other line ever has it, and when it comes again it has no other.

use std::collections::HashMap;

use flowcore::base::FileIdentity;
use flowcore::ingest::source::tail::Line;

/// File, generation and offset.
pub(crate) type Place = (FileIdentity, u64, u64);

pub(crate) fn place(line: &Line<'_>) -> Place {
    (line.file, line.generation, line.offset)
}

#[derive(Debug, Default)]
pub(crate) struct Places {
    lines: HashMap<Place, usize>,
    places: HashMap<usize, Place>,
}

impl Places {
    /// The line was delivered from there.
    pub(crate) fn note(&mut self, place: Place, line: usize) {
        let known = *self.lines.entry(place).or_insert(line);
        assert_eq!(known, line, "two lines have the place {place:?}");
        let known = *self.places.entry(line).or_insert(place);
        assert_eq!(known, place, "line {line} has two places");
    }

    /// The source was killed: what was delivered after the last save has no position that could tell.
    pub(crate) fn keep(&mut self, saved: impl Fn(usize) -> bool) {
        self.lines.retain(|_, line| saved(*line));
    }
}
