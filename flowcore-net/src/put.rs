use flowcore::event::Event;
use flowcore::ingest::{Batch, ChannelWriter, PutError, PutErrorKind};

/// What happens to a batch that a channel does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PutRule {
    /// The connection waits until there is room.
    Wait,
    /// The sender is told, for each event.
    TryEach,
    /// The sender is told; all events or none.
    TryWhole,
}

/// What became of a batch: so many of its events are in the channels, and why the others are not.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) accepted: usize,
    pub(crate) refusal: Option<Refusal>,
}

/// Why events are not in a channel.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) channel: String,
    pub(crate) kind: PutErrorKind,
}

impl Outcome {
    /// Says how many of `events` are not in a channel, for sources whose senders get no answer. How many.
    pub(crate) fn log_lost(&self, source: &str, events: usize) -> usize {
        let lost = events.saturating_sub(self.accepted);
        if let Some(Refusal { channel, kind }) = self.refusal.as_ref().filter(|_| lost > 0) {
            tracing::warn!(%source, %channel, %kind, lost, "events are lost");
        }
        lost
    }
}

/// Puts `events`, in halves where a channel's transactions are small.
pub(crate) async fn put(events: Vec<Event>, rule: PutRule, out: &mut ChannelWriter) -> Outcome {
    let (mut accepted, mut refusal, mut parts) = (0, None, vec![events]);
    while let Some(part) = parts.pop() {
        let count = part.len();
        let batch = Batch::untracked(part);
        let put = if rule == PutRule::Wait { out.put(batch).await } else { out.put_once(batch).await };
        let Err(PutError { channel, kind, refused }) = put else {
            accepted += count;
            continue;
        };
        let too_large = kind == PutErrorKind::TooLarge;
        if too_large && refused.events.len() > 1 && rule != PutRule::TryWhole {
            let mut events = refused.events;
            parts.push(events.split_off(events.len() / 2));
            parts.push(events);
            continue;
        }
        refusal = Some(Refusal { channel, kind });
        // One event that never fits does not keep the others out.
        if !(too_large && rule == PutRule::Wait) {
            break;
        }
    }
    Outcome { accepted, refusal }
}
