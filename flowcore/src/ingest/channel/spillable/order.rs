use std::collections::VecDeque;
use std::ops::Range;

/// Where events are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Memory,
    Disk,
}

/// Events that wait, one behind the other, in one part.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stretch {
    part: Part,
    places: Range<u64>,
}

/// In which part the next events are. Each part keeps its own order; this says how they interleave.
///
/// Every event has a place, given when its put is committed. Events that are taken leave their places, and come
/// back to them when the take is rolled back.
#[derive(Debug, Default)]
pub(super) struct DrainOrder {
    waiting: VecDeque<Stretch>,
    next: u64,
}

impl DrainOrder {
    /// Gives places behind all others.
    pub(super) fn push(&mut self, part: Part, events: u64) -> Range<u64> {
        let places = self.next..self.next + events;
        self.next = places.end;
        match self.waiting.back_mut() {
            Some(last) if last.part == part && last.places.end == places.start => {
                last.places.end = places.end;
            }
            _ if events > 0 => self.waiting.push_back(Stretch { part, places: places.clone() }),
            _ => {}
        }
        places
    }

    /// The part that the next events are in, and how many follow each other there.
    pub(super) fn head(&self) -> Option<(Part, u64)> {
        let head = self.waiting.front()?;
        let run = self.waiting.iter().take_while(|stretch| stretch.part == head.part);
        Some((head.part, run.map(|stretch| stretch.places.end - stretch.places.start).sum()))
    }

    /// The next events of a part leave their places; fewer if there are fewer.
    pub(super) fn take(&mut self, part: Part, events: u64) -> Vec<Range<u64>> {
        let (mut left, mut places) = (events, Vec::new());
        for stretch in self.waiting.iter_mut().filter(|stretch| stretch.part == part) {
            let end = stretch.places.end.min(stretch.places.start.saturating_add(left));
            left -= end - stretch.places.start;
            places.push(stretch.places.start..end);
            stretch.places.start = end;
            if left == 0 {
                break;
            }
        }
        self.waiting.retain(|stretch| !stretch.places.is_empty());
        places
    }

    /// Events are back at their places.
    pub(super) fn put_back(&mut self, part: Part, places: &[Range<u64>]) {
        for places in places.iter().filter(|places| !places.is_empty()) {
            let at = self.waiting.partition_point(|stretch| stretch.places.start < places.start);
            let joins = |stretch: &Stretch| stretch.part == part && stretch.places.start == places.end;
            match self.waiting.get_mut(at).filter(|next| joins(next)) {
                Some(next) => next.places.start = places.start,
                None => self.waiting.insert(at, Stretch { part, places: places.clone() }),
            }
        }
    }

    /// These places will never have events: their put has failed.
    pub(super) fn cancel(&mut self, places: &Range<u64>) {
        let mut kept = VecDeque::with_capacity(self.waiting.len() + 1);
        for Stretch { part, places: own } in self.waiting.drain(..) {
            let before = own.start..own.end.min(places.start);
            let after = own.start.max(places.end)..own.end;
            let pieces = [before, after].into_iter().filter(|places| !places.is_empty());
            kept.extend(pieces.map(|places| Stretch { part, places }));
        }
        self.waiting = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of the waiting events, one letter each.
    fn shown(order: &DrainOrder) -> String {
        let letter = |stretch: &Stretch| {
            let letter = if stretch.part == Part::Memory { "m" } else { "d" };
            letter.repeat(usize::try_from(stretch.places.end - stretch.places.start).unwrap())
        };
        order.waiting.iter().map(letter).collect()
    }

    #[test]
    fn parts_interleave_as_they_were_put() {
        let mut order = DrainOrder::default();
        order.push(Part::Memory, 2);
        order.push(Part::Disk, 1);
        order.push(Part::Disk, 2);
        order.push(Part::Memory, 1);
        assert_eq!((shown(&order).as_str(), order.waiting.len()), ("mmdddm", 3));
        assert_eq!(order.head(), Some((Part::Memory, 2)));
        order.take(Part::Memory, 2);
        assert_eq!(order.head(), Some((Part::Disk, 3)));
    }

    #[test]
    fn what_comes_back_is_where_it_was_in_whatever_turn() {
        let mut order = DrainOrder::default();
        order.push(Part::Memory, 4);
        order.push(Part::Disk, 3);
        let (first, second) = (order.take(Part::Memory, 3), order.take(Part::Memory, 1));
        let third = order.take(Part::Disk, 2);
        assert_eq!(shown(&order), "d");
        order.put_back(Part::Memory, &second);
        order.put_back(Part::Disk, &third);
        order.put_back(Part::Memory, &first);
        assert_eq!(shown(&order), "mmmmddd");
        assert_eq!(order.head(), Some((Part::Memory, 4)));
    }

    #[test]
    fn a_put_that_failed_leaves_no_place_behind() {
        let mut order = DrainOrder::default();
        order.push(Part::Disk, 2);
        let failed = order.push(Part::Disk, 3);
        order.push(Part::Disk, 1);
        order.cancel(&failed);
        assert_eq!(shown(&order), "ddd");
        assert_eq!(order.take(Part::Disk, 9), [0..2, 5..6]);
        assert_eq!((order.head(), order.take(Part::Disk, 1)), (None, vec![]));
    }
}
