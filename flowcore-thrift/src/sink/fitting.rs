use flowcore::event::Event;

/// What a call takes beside its events.
const CALL: usize = 100;
/// What an event takes at most beside its headers and body, and what a header takes.
const EVENT: usize = 20;
const HEADER: usize = 10;

/// How many of these events, from the first, a call of up to `frame` bytes has; one however large it is.
pub(super) fn fitting(events: &[Event], frame: usize) -> usize {
    let mut bytes = CALL;
    let fits = |event: &&Event| {
        bytes = bytes.saturating_add(size(event));
        bytes <= frame
    };
    events.iter().take_while(fits).count().max(1)
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

    #[test]
    fn a_call_ends_where_the_frame_would_be_full() {
        let fitting = |sizes: &[usize], frame| {
            let events: Vec<Event> = sizes.iter().map(|size| Event::new(vec![0; *size])).collect();
            super::fitting(&events, frame)
        };
        assert_eq!(fitting(&[280; 7], 1000), 3);
        assert_eq!(fitting(&[1; 7], 1000), 7);
        assert_eq!(fitting(&[1, 5000, 1], 1000), 1);
        assert_eq!(fitting(&[5000, 1], 1000), 1);
        assert_eq!(fitting(&[1, 1], 0), 1);
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
