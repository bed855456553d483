use std::collections::BTreeMap;

use flowcore::event::Event;
use flowcore::ingest::{Channel, MemoryChannel, Sink};

use super::Java;
use crate::pause;

/// A Java that starts on a busy machine takes its time: so often something is looked at, 100 ms apart.
const LOOKS: usize = 1800;
const APART: u64 = 100;

/// Events of every size up to 700 bytes, with a header `at` that numbers them and one beyond ASCII.
#[expect(clippy::cast_possible_truncation, reason = "any byte does")]
pub fn numbered_events(count: usize) -> Vec<Event> {
    let event = |at: usize| {
        Event::new(vec![(at % 251) as u8; at % 700])
            .with_header("at", at.to_string())
            .with_header("größe", "✓")
    };
    (0..count).map(event).collect()
}

/// What [`numbered_events`] are by their numbers: Flume's maps have no order, and a batch may come twice.
///
/// # Panics
/// When one has no number.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub fn by_number(events: &[Event]) -> BTreeMap<usize, (Option<String>, Vec<u8>)> {
    let entry = |event: &Event| {
        let number = event.headers.get("at").and_then(|at| at.parse().ok()).expect("it is numbered");
        (number, (event.headers.get("größe").map(str::to_owned), event.body.to_vec()))
    };
    events.iter().map(entry).collect()
}

/// Delivers all of them to an agent, however long it takes to be there.
///
/// # Panics
/// When the agent ends, or takes nothing for minutes.
pub async fn deliver_all(sink: &mut impl Sink<Event>, events: &[Event], agent: &mut Java) {
    for batch in events.chunks(200) {
        let mut attempt = 0;
        while let Err(error) = sink.deliver(batch).await {
            attempt += 1;
            assert!(agent.end().is_none() && attempt < LOOKS, "{error:?}: {}", agent.log());
            pause(APART).await;
        }
    }
}

/// Waits until an agent has sent so many events into a channel.
///
/// # Panics
/// When it ends before, or they are not there within minutes.
pub async fn arrive(channel: &MemoryChannel, count: usize, agent: &mut Java) {
    let waiting = || channel.state().waiting;
    for _ in 0..LOOKS {
        if waiting() >= count {
            return;
        }
        assert!(agent.end().is_none(), "{}", agent.log());
        pause(APART).await;
    }
    assert!(waiting() >= count, "{} of {count} are there: {}", waiting(), agent.log());
}

/// Waits until a program of Flume's has done what it is for.
///
/// # Panics
/// When it fails, or does not end within minutes.
pub async fn end_well(program: &mut Java) {
    for _ in 0..LOOKS {
        if program.end().is_some() {
            break;
        }
        pause(APART).await;
    }
    assert_eq!(program.end(), Some(true), "{}", program.log());
}
