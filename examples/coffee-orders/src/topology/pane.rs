use flowcore::base::TokenSet;
use flowcore::process::window::Pane;

use super::InputLine;
use crate::rejects::Rejected;
use crate::statistics::Statistics;

/// What a counting task holds of a bucket.
#[derive(Debug)]
pub(super) struct OrderPane<L: InputLine> {
    pub(super) statistics: Statistics,
    pub(super) cover: L::Cover,
    pub(super) rejected: Vec<Rejected>,
    /// Of every line in it: answered when it is kept.
    pub(super) tokens: TokenSet,
    pub(super) lines: usize,
    /// Whether it has changed since it was last shown.
    pub(super) changed: bool,
}

impl<L: InputLine> Default for OrderPane<L> {
    fn default() -> Self {
        Self {
            statistics: Statistics::default(),
            cover: L::Cover::default(),
            rejected: Vec::new(),
            tokens: TokenSet::default(),
            lines: 0,
            changed: false,
        }
    }
}

impl<L: InputLine> OrderPane<L> {
    /// Counts a line, or notes why it is no order.
    pub(super) fn add(&mut self, line: &L) -> bool {
        self.lines += 1;
        line.add_to(&mut self.cover);
        // An order is large: it stays where it was made.
        let counted = match &line.order() {
            Ok(order) => self.statistics.count(order),
            Err(reason) => Err(reason.clone()),
        };
        match counted {
            Ok(()) => {
                self.changed = true;
                true
            }
            Err(reason) => {
                self.rejected.push(line.rejected(&reason));
                false
            }
        }
    }
}

/// Buckets do not overlap: panes are never put together.
impl<L: InputLine> Pane for OrderPane<L> {
    fn merge(&mut self, _later: &Self) {}

    fn entries(&self) -> usize {
        self.lines
    }
}
