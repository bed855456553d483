use flowcore::event::Event;

/// What a call takes beside its events.
const CALL: usize = 100;
/// What an event takes at most beside its headers and body, and what a header takes.
const EVENT: usize = 20;
const HEADER: usize = 10;

/// Divides the events of a delivery into calls.
#[derive(Debug)]
pub(super) struct Division<'a> {
    rest: &'a [Event],
    batch: usize,
    frame: usize,
}

impl<'a> Division<'a> {
    /// Calls of up to `batch` events and `frame` bytes; one event is a call however large it is.
    pub(super) fn new(events: &'a [Event], batch: usize, frame: usize) -> Self {
        Self { rest: events, batch, frame }
    }

    /// How many events the next call has.
    fn fitting(&self) -> usize {
        let mut bytes = CALL;
        let fits = |event: &&Event| {
            bytes = bytes.saturating_add(size(event));
            bytes <= self.frame
        };
        self.rest.iter().take(self.batch).take_while(fits).count().max(1)
    }
}

impl<'a> Iterator for Division<'a> {
    type Item = &'a [Event];

    fn next(&mut self) -> Option<&'a [Event]> {
        if self.rest.is_empty() {
            return None;
        }
        let (call, rest) = self.rest.split_at(self.fitting());
        self.rest = rest;
        Some(call)
    }
}

/// At most; the header alone costs a look at it.
fn size(event: &Event) -> usize {
    let headers: usize = event.headers.iter().map(|(name, value)| HEADER + name.len() + value.len()).sum();
    EVENT + headers + event.body.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Protocol, append_batch};

    fn lengths(sizes: &[usize], batch: usize, frame: usize) -> Vec<usize> {
        let events: Vec<Event> = sizes.iter().map(|size| Event::new(vec![0; *size])).collect();
        Division::new(&events, batch, frame).map(<[Event]>::len).collect()
    }

    #[test]
    fn a_call_ends_at_the_batch_or_at_the_frame() {
        assert_eq!(lengths(&[], 3, 1000), [0; 0]);
        assert_eq!(lengths(&[1; 7], 3, 1000), [3, 3, 1]);
        assert_eq!(lengths(&[280; 7], 5, 1000), [3, 3, 1]);
        assert_eq!(lengths(&[1, 5000, 1, 1], 5, 1000), [1, 1, 2]);
        assert_eq!(lengths(&[1, 1], 0, 0), [1, 1]);
    }

    #[test]
    fn what_is_reckoned_is_never_less_than_what_is_written() {
        for protocol in [Protocol::Compact, Protocol::Binary] {
            for headers in 0..5 {
                let event = (0..headers)
                    .fold(Event::new("body"), |event, at| event.with_header(format!("name {at}"), "ü"));
                let events = vec![event; 1000];
                let mut bytes = Vec::new();
                append_batch(protocol, &mut bytes, i32::MIN, &events);
                assert!(bytes.len() <= CALL + events.iter().map(size).sum::<usize>(), "{headers}");
            }
        }
    }
}
