use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Receipts, Token};
use flowcore::ingest::selector::Route;
use flowcore::ingest::{
    Batch, Channel, ChannelWriter, ComponentContext, MemoryChannel, PutErrorKind, ReplicatingSelector,
    Selector, Stopping,
};
use tokio::sync::watch;

struct Fixture {
    channels: Vec<MemoryChannel<String>>,
    writer: ChannelWriter<String>,
    stop: watch::Sender<bool>,
}

fn fixture(channels: usize) -> Fixture {
    let channels: Vec<_> =
        (0..channels).map(|at| MemoryChannel::builder().capacity(2).build(format!("c{at}"))).collect();
    let stop = watch::Sender::new(false);
    let shared = channels.iter().map(|channel| Arc::new(channel.clone()) as Arc<dyn Channel<String>>);
    let context = ComponentContext::new("source", Clock::system());
    let writer = ChannelWriter::new(shared.collect(), context, Stopping::new(stop.subscribe()));
    Fixture { channels, writer, stop }
}

fn batch(text: &str, token: Token) -> Batch<String> {
    Batch::new(text.split_whitespace().map(str::to_owned).collect(), token)
}

async fn drain(channel: &MemoryChannel<String>) -> Vec<String> {
    let take = channel.take(9).await.unwrap();
    let events = take.events().to_vec();
    take.commit().await.unwrap();
    events
}

fn waiting(fixture: &Fixture) -> Vec<usize> {
    fixture.channels.iter().map(|channel| channel.state().waiting).collect()
}

#[tokio::test(start_paused = true)]
async fn a_token_waits_for_every_channel() {
    let (mut fixture, receipts) = (fixture(2), Receipts::new());
    fixture.writer.put(batch("a b", receipts.token(1))).await.unwrap();
    assert_eq!(drain(&fixture.channels[0]).await, ["a", "b"]);
    assert!(receipts.try_next().is_none());
    assert_eq!(drain(&fixture.channels[1]).await, ["a", "b"]);
    assert!(receipts.try_next().unwrap().outcome.is_ok());
    assert_eq!(fixture.writer.written(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_batch_goes_into_all_channels_or_none_and_is_given_back() {
    let mut fixture = fixture(2);
    fixture.channels[1].close();
    let error = fixture.writer.put(batch("a b", Token::untracked())).await.unwrap_err();
    assert_eq!((error.kind, error.channel.as_str()), (PutErrorKind::Closed, "c1"));
    assert_eq!(error.refused.events, ["a", "b"]);
    assert_eq!(waiting(&fixture), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_put_into_a_full_channel_waits_until_the_source_is_to_stop() {
    let mut fixture = fixture(1);
    fixture.writer.put(batch("a b", Token::untracked())).await.unwrap();
    let (stop, watch) = (fixture.stop.clone(), Clock::system().stopwatch());
    let put = fixture.writer.put(batch("c", Token::untracked()));
    let (put, ()) = tokio::join!(put, async {
        super::parts::sleep(Duration::from_mins(1)).await;
        stop.send_replace(true);
    });
    let error = put.unwrap_err();
    assert_eq!((error.kind, error.refused.events.len()), (PutErrorKind::Full, 1));
    assert!((60..64).contains(&watch.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn an_optional_channel_goes_without_when_it_is_full() {
    let (mut fixture, receipts) = (fixture(2), Receipts::new());
    let selector = ReplicatingSelector::new(Route::required([0]).and_optional([1]));
    fixture.writer = fixture.writer.with_selector(Box::new(selector));
    fixture.writer.put(batch("a b", receipts.token(1))).await.unwrap();
    assert_eq!(drain(&fixture.channels[0]).await.len(), 2);
    assert!(receipts.try_next().unwrap().outcome.is_ok(), "it does not wait for the optional one");
    fixture.writer.put(batch("c", receipts.token(2))).await.unwrap();
    assert_eq!(waiting(&fixture), [1, 2]);
}

struct ByFirstLetter;

impl Selector<String> for ByFirstLetter {
    fn route(&self, event: &String) -> Route {
        match event.as_bytes().first() {
            Some(b'a') => Route::required([0]),
            Some(b'b') => Route::required([1]),
            _ => Route::default(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_selector_chooses_the_channels_of_each_event() {
    let (mut fixture, receipts) = (fixture(2), Receipts::new());
    fixture.writer = fixture.writer.with_selector(Box::new(ByFirstLetter));
    fixture.writer.put(batch("a1 b1 c1 a2 b2", receipts.token(1))).await.unwrap();
    assert_eq!(drain(&fixture.channels[0]).await, ["a1", "a2"]);
    assert!(receipts.try_next().is_none());
    assert_eq!(drain(&fixture.channels[1]).await, ["b1", "b2"]);
    assert!(receipts.try_next().unwrap().outcome.is_ok());
    fixture.writer.put(batch("c2", receipts.token(2))).await.unwrap();
    assert!(receipts.try_next().unwrap().outcome.is_ok(), "it goes nowhere, so nothing is owed");
}

#[tokio::test(start_paused = true)]
async fn what_interceptors_leave_out_counts_as_delivered() {
    let (mut fixture, receipts) = (fixture(1), Receipts::new());
    let no_a = |mut events: Vec<String>| {
        events.retain(|event| event != "a");
        events
    };
    fixture.writer = fixture.writer.with_interceptors(vec![Box::new(no_a)]);
    fixture.writer.put(batch("a", receipts.token(1))).await.unwrap();
    assert!(receipts.try_next().unwrap().outcome.is_ok());
    fixture.writer.put(batch("a b", receipts.token(2))).await.unwrap();
    assert_eq!(drain(&fixture.channels[0]).await, ["b"]);
    assert_eq!(fixture.writer.written(), 1);
}
