use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::ingest::sink_policy::LoadBalancePolicy;
use flowcore::ingest::{Sink, SinkError, SinkPolicy};
use flowcore_avro::AvroSink;

use super::config::{Choice, ClientConfig};

/// Sends batches to the hosts of a client.
pub(super) struct Sender {
    sinks: Vec<AvroSink>,
    /// Which one has a batch; none for a single one.
    policy: Option<LoadBalancePolicy>,
    clock: Clock,
}

impl Sender {
    pub(super) fn new(config: &ClientConfig) -> Self {
        let (hosts, clock) = (&config.hosts, Clock::system());
        let seed = clock.now().as_millis().unsigned_abs();
        let policy = match config.choice {
            Choice::InOrder => None,
            Choice::RoundRobin { rests } => Some((LoadBalancePolicy::round_robin(hosts.len()), rests)),
            Choice::Random { rests } => Some((LoadBalancePolicy::random(hosts.len(), seed), rests)),
        };
        let policy = policy.map(|(policy, rests)| match rests {
            Some(most) => policy.backoff(true).max_timeout(most),
            None => policy,
        });
        let each = if policy.is_some() { 1 } else { hosts.len().max(1) };
        let sinks = hosts.chunks(each).filter_map(|hosts| config.sink(hosts)).map(AvroSink::new);
        Self { sinks: sinks.collect(), policy, clock }
    }

    /// Returns when a host has the events.
    pub(super) async fn send(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let Self { sinks, policy, clock } = self;
        let nobody = || SinkError::retry("every host failed lately");
        let Some(policy) = policy else {
            return sinks.first_mut().ok_or_else(nobody)?.deliver(events).await;
        };
        policy.begin(clock.now());
        let mut outcome = Err(nobody());
        while let Some(at) = policy.next() {
            let Some(sink) = sinks.get_mut(at) else { break };
            outcome = sink.deliver(events).await;
            if outcome.is_ok() {
                policy.delivered(at, clock.now());
                return outcome;
            }
            policy.failed(at, clock.now());
        }
        outcome
    }
}
