//! Channels that are full for long: who only reads the log learns of them, too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Timestamp, whole_seconds};
use flowcore::ingest::AgentHandle;
use flowcore::ingest::agent::{AgentSnapshot, ChannelStatus, ComponentState, SinkStatus};

/// From one look to the next.
const LOOK: Duration = Duration::from_secs(5);
/// A channel that is full for a moment does its work.
const LONG: Duration = Duration::from_secs(30);
/// The same channel is told of again after so long.
const AGAIN: Duration = Duration::from_mins(10);

/// Says in the log which channels are full, and that they are no longer. Never returns.
pub(super) async fn tell(handle: &AgentHandle) {
    let clock = Clock::system();
    let mut full = FullChannels::default();
    loop {
        clock.sleep(LOOK).await;
        for told in full.look(&handle.snapshot(), clock.now()) {
            let channel = told.channel;
            match told.what {
                What::Full { lasting, sinks } => {
                    tracing::warn!(%channel, ?lasting, sinks, "the channel is full: its sources wait for its sinks");
                }
                What::Over { lasting } => tracing::info!(%channel, ?lasting, "the channel has room again"),
            }
        }
    }
}

/// Decides what to say.
#[derive(Debug, Default)]
struct FullChannels(BTreeMap<Arc<str>, Full>);

#[derive(Debug)]
struct Full {
    since: Timestamp,
    told: Option<Timestamp>,
}

#[derive(Debug, PartialEq, Eq)]
struct Told {
    channel: Arc<str>,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Full { lasting: Duration, sinks: String },
    Over { lasting: Duration },
}

impl FullChannels {
    fn look(&mut self, agent: &AgentSnapshot, now: Timestamp) -> Vec<Told> {
        self.0.retain(|name, _| agent.channels.iter().any(|channel| channel.name == *name));
        agent.channels.iter().filter_map(|channel| self.look_at(channel, agent, now)).collect()
    }

    fn look_at(&mut self, channel: &ChannelStatus, agent: &AgentSnapshot, now: Timestamp) -> Option<Told> {
        let told = |what| Some(Told { channel: channel.name.clone(), what });
        let tenths = tenths(channel);
        if tenths < 9 {
            // Between the two nothing is certain: a channel that is drained is not full and not full in turn.
            let over = self.0.get(&channel.name).filter(|full| tenths < 7 || full.told.is_none())?;
            let (since, was_told) = (over.since, over.told.is_some());
            self.0.remove(&channel.name);
            return if was_told {
                told(What::Over { lasting: whole_seconds(now.since(since)) })
            } else {
                None
            };
        }
        let full = self.0.entry(channel.name.clone()).or_insert(Full { since: now, told: None });
        let lasting = now.since(full.since);
        let is_new = full.told.map_or(lasting >= LONG, |told| now.since(told) >= AGAIN);
        if !is_new {
            return None;
        }
        full.told = Some(now);
        told(What::Full { lasting: whole_seconds(lasting), sinks: sinks(channel, agent) })
    }
}

/// How full it is; 0 for one that has no limit.
fn tenths(channel: &ChannelStatus) -> usize {
    let used = channel.state.waiting + channel.state.taken;
    used.saturating_mul(10).checked_div(channel.state.capacity).unwrap_or(0)
}

/// Who empties it, and what keeps them from it.
fn sinks(channel: &ChannelStatus, agent: &AgentSnapshot) -> String {
    let sinks: Vec<String> =
        agent.sinks.iter().filter(|sink| sink.channel == channel.name).map(named).collect();
    if sinks.is_empty() { "none".to_owned() } else { sinks.join(", ") }
}

fn named(sink: &SinkStatus) -> String {
    let state = match &sink.state {
        ComponentState::BackingOff { .. } => "fails",
        ComponentState::Failed { .. } => "has failed for good",
        ComponentState::Starting => "starts",
        ComponentState::Stopped => "has stopped",
        _ if sink.activity.last_error_at > sink.activity.last_success => "fails",
        _ => "is too slow",
    };
    format!("{} {state}", sink.name)
}

#[cfg(test)]
mod tests {
    use flowcore::event::Event;
    use flowcore::ingest::agent::ComponentKind;
    use flowcore::ingest::{AgentBuilder, Batch, ChannelWriter, MemoryChannel, Source, SourceError};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    struct Nothing;

    #[async_trait::async_trait]
    impl Source for Nothing {
        async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
            out.put(Batch::untracked(Vec::<Event>::new())).await.map_err(SourceError::retry)
        }
    }

    /// What a channel of 10 places says, and one without a sink.
    async fn snapshot() -> AgentSnapshot {
        let agent = AgentBuilder::new("a1")
            .channel("c1", MemoryChannel::builder().capacity(10))
            .read_elsewhere("c1")
            .type_name(ComponentKind::Channel, "c1", "memory")
            .source("r1", || Nothing)
            .into(["c1"])
            .build()
            .unwrap();
        let handle = agent.start().await.unwrap();
        handle.snapshot()
    }

    #[tokio::test]
    async fn a_channel_that_is_full_for_half_a_minute_is_told_of_once_and_when_it_has_room() {
        let mut snapshot = snapshot().await;
        let mut full = FullChannels::default();
        let mut told = Vec::new();
        for (seconds, waiting) in [(0..=10, 9), (11..=11, 8), (12..=60, 10), (61..=62, 8), (63..=65, 6)] {
            for second in seconds {
                snapshot.channels[0].state.waiting = waiting;
                let said = full.look(&snapshot, at(second));
                told.extend(said.into_iter().map(|told| (second, told.what)));
            }
        }
        let sinks = "none".to_owned();
        let expected = [
            (42, What::Full { lasting: Duration::from_secs(30), sinks }),
            (63, What::Over { lasting: Duration::from_secs(51) }),
        ];
        assert_eq!(told, expected);
    }

    #[tokio::test]
    async fn a_channel_that_stays_full_is_told_of_every_ten_minutes() {
        let mut snapshot = snapshot().await;
        snapshot.channels[0].state.waiting = 10;
        let mut full = FullChannels::default();
        let told: Vec<i64> =
            (0..1300).filter(|second| !full.look(&snapshot, at(*second)).is_empty()).collect();
        assert_eq!(told, [30, 630, 1230]);
    }
}
