//! The sources that make up their events.

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use flowcore::event::Event;
use flowcore::ingest::source::{SeqSource, StressSource};
use flowcore::ingest::{
    Batch, Channel, ChannelWriter, ComponentContext, MemoryChannel, PutErrorKind, Source, SourceError,
    Stopping,
};
use tokio::sync::watch;

use crate::probe_channel::ProbeChannel;

struct Running {
    tasks: TaskSet<Result<(), SourceError>>,
    stop: watch::Sender<bool>,
}

impl Running {
    fn start(mut source: impl Source<Event>, channel: Arc<dyn Channel<Event>>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let context = ComponentContext::new("made up", Clock::system());
        let mut writer = ChannelWriter::new(vec![channel], context, Stopping::new(stopping));
        let mut tasks = TaskSet::new();
        tasks.spawn("source", async move { source.run(&mut writer).await });
        Self { tasks, stop }
    }

    async fn end(mut self) -> Result<(), SourceError> {
        self.stop.send_replace(true);
        match self.tasks.next().await {
            Some((_, TaskEnd::Done(outcome))) => outcome,
            other => panic!("it ended with {other:?}"),
        }
    }
}

/// Paused time: it passes when the source has nothing to do.
async fn for_an_hour() {
    Clock::system().sleep(Duration::from_hours(1)).await;
}

fn small(capacity: usize) -> Arc<MemoryChannel<Event>> {
    let keep_alive = Duration::from_millis(100);
    Arc::new(MemoryChannel::builder().capacity(capacity).keep_alive(keep_alive).build("small"))
}

#[tokio::test(start_paused = true)]
async fn seq_counts_from_zero_to_its_total_and_stays() {
    let channel = ProbeChannel::<Event>::with_transactions_of(3);
    let running = Running::start(SeqSource::new().batch_size(3).total_events(8), Arc::clone(&channel) as _);
    for_an_hour().await;
    let bodies: Vec<_> = channel.drain().into_iter().map(|event| event.body).collect();
    assert_eq!(bodies, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    running.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn seq_puts_a_refused_batch_again_so_no_number_is_missing() {
    let channel = small(4);
    let running = Running::start(SeqSource::new().batch_size(3).total_events(30), Arc::clone(&channel) as _);
    let mut seen = Vec::new();
    while seen.len() < 30 {
        for_an_hour().await;
        let take = channel.take(4).await.unwrap();
        seen.extend(take.events().iter().map(|event| event.body.clone()));
        take.commit().await.unwrap();
    }
    assert_eq!(seen, (0..30).map(|number| number.to_string()).collect::<Vec<_>>());
    running.end().await.unwrap();
}

#[tokio::test]
async fn a_batch_that_no_transaction_takes_ends_seq_and_stress_for_good() {
    let sources: [Box<dyn Source<Event>>; 2] =
        [Box::new(SeqSource::new().batch_size(3)), Box::new(StressSource::new().batch_size(3))];
    for mut source in sources {
        let (mut writer, _stop) = ProbeChannel::with_transactions_of(2).writer();
        assert!(!source.run(&mut writer).await.unwrap_err().retries());
    }
}

#[tokio::test(start_paused = true)]
async fn stress_ends_at_each_of_its_maxima_and_its_bodies_have_its_size() {
    let all = StressSource::new().size(7).batch_size(4);
    for (source, expected) in [
        (StressSource::new().batch_size(4).max_total_events(Some(10)), 10),
        (StressSource::new().max_successful_events(Some(6)).max_total_events(Some(9)), 6),
        (all.max_successful_events(Some(5)), 5),
    ] {
        let channel = ProbeChannel::<Event>::new();
        let running = Running::start(source, Arc::clone(&channel) as _);
        for_an_hour().await;
        let events = channel.drain();
        assert_eq!(events.len(), expected);
        assert!(events.iter().all(|event| event.body.iter().all(|byte| *byte == 0x7F)));
        assert!(events.iter().all(|event| event.body.len() == if expected == 5 { 7 } else { 500 }));
        running.end().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn stress_counts_attempts_that_a_full_channel_refused() {
    let channel = small(4);
    let source = StressSource::new().batch_size(4).max_total_events(Some(20));
    let running = Running::start(source, Arc::clone(&channel) as _);
    for_an_hour().await;
    let take = channel.take(4).await.unwrap();
    assert_eq!(take.events().len(), 4);
    take.commit().await.unwrap();
    for_an_hour().await;
    assert_eq!(channel.state().waiting, 0, "sixteen attempts were in vain");
    running.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn stress_is_as_fast_as_it_may_be() {
    let channel = ProbeChannel::<Event>::new();
    let source = StressSource::new().batch_size(5).max_events_per_second(100);
    let running = Running::start(source, Arc::clone(&channel) as _);
    Clock::system().sleep(Duration::from_secs(10)).await;
    let seen = channel.drain().len();
    assert!((995..=1005).contains(&seen), "{seen}");
    running.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_put_says_at_once_that_the_channel_stays_full() {
    let channel = small(1);
    let (_stop, stopping) = watch::channel(false);
    let context = ComponentContext::new("once", Clock::system());
    let channels: Vec<Arc<dyn Channel<Event>>> = vec![channel];
    let mut writer = ChannelWriter::new(channels, context, Stopping::new(stopping));
    writer.put_once(Batch::untracked(vec![Event::new("first")])).await.unwrap();
    let error = writer.put_once(Batch::untracked(vec![Event::new("second")])).await.unwrap_err();
    assert_eq!(error.kind, PutErrorKind::Full);
    assert_eq!(error.refused.events, [Event::new("second")]);
    assert_eq!(writer.written(), 1);
}
