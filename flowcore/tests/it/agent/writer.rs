use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Receipts, Timestamp, Token};
use flowcore::event::Event;
use flowcore::ingest::interceptor::TimestampInterceptor;
use flowcore::ingest::selector::Route;
use flowcore::ingest::{
    Batch, Channel, ChannelWriter, ComponentContext, LoadBalancingSelector, MemoryChannel, PutErrorKind,
    ReplicatingSelector, Selector, Stopping,
};
use tokio::sync::watch;

use crate::probe_channel::ProbeChannel;
use crate::seeds::{Random, Seed};

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

#[tokio::test(start_paused = true)]
async fn a_full_optional_channel_does_not_hold_up_a_required_one() {
    let mut fixture = fixture(2);
    let selector = ReplicatingSelector::new(Route::required([0]).and_optional([1]));
    fixture.writer = fixture.writer.with_selector(Box::new(selector));
    let watch = Clock::system().stopwatch();
    for _ in 0..100 {
        fixture.writer.put(batch("a", Token::untracked())).await.unwrap();
        assert_eq!(drain(&fixture.channels[0]).await, ["a"]);
    }
    assert_eq!(waiting(&fixture), [0, 2]);
    assert!(watch.elapsed().as_millis() < 20, "it was waited for once: {:?}", watch.elapsed());
    assert_eq!(drain(&fixture.channels[1]).await, ["a", "a"]);
    fixture.writer.put(batch("b", Token::untracked())).await.unwrap();
    assert_eq!(drain(&fixture.channels[1]).await, ["b"], "it has room again");
}

#[tokio::test(start_paused = true)]
async fn an_optional_channel_is_not_reserved_while_a_required_one_is_full() {
    let mut fixture = fixture(2);
    let selector = ReplicatingSelector::new(Route::required([1]).and_optional([0]));
    fixture.writer = fixture.writer.with_selector(Box::new(selector));
    fixture.writer.put(batch("a b", Token::untracked())).await.unwrap();
    drain(&fixture.channels[0]).await;
    let stop = fixture.stop.clone();
    let put = fixture.writer.put(batch("c", Token::untracked()));
    let (put, ()) = tokio::join!(put, async {
        super::parts::sleep(Duration::from_secs(5)).await;
        stop.send_replace(true);
    });
    assert_eq!(put.unwrap_err().channel, "c1");
    assert_eq!(waiting(&fixture), [0, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_put_that_was_refused_by_one_of_two_channels_is_in_neither() {
    let mut fixture = fixture(2);
    fixture.writer = fixture.writer.with_selector(Box::new(LoadBalancingSelector::round_robin([0, 1])));
    fixture.writer.put(batch("1 2 3", Token::untracked())).await.unwrap();
    assert_eq!(waiting(&fixture), [2, 1]);
    let stop = fixture.stop.clone();
    let put = fixture.writer.put(batch("4 5", Token::untracked()));
    let (put, ()) = tokio::join!(put, async {
        super::parts::sleep(Duration::from_secs(5)).await;
        stop.send_replace(true);
    });
    assert_eq!(put.unwrap_err().refused.events, ["4", "5"]);
    assert_eq!(drain(&fixture.channels[0]).await, ["1", "3"]);
    assert_eq!(drain(&fixture.channels[1]).await, ["2"]);
}

/// Sends each event where its digits say: 0 to 2 required, 5 to 7 optional.
struct ByDigits;

impl Selector<String> for ByDigits {
    fn route(&self, event: &String) -> Route {
        let digits = |from: u8| {
            let bytes = event.bytes().filter(move |byte| (from..from + 3).contains(byte));
            bytes.map(move |byte| usize::from(byte - from))
        };
        Route::required(digits(b'0')).and_optional(digits(b'5'))
    }
}

#[tokio::test(start_paused = true)]
async fn every_channel_gets_its_events_in_order_and_all_others_are_counted() {
    for seed in 0..200 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let channels: Vec<_> = (0..3).map(|_| ProbeChannel::<String>::new()).collect();
        let shared = channels.iter().map(|channel| Arc::clone(channel) as Arc<dyn Channel<String>>);
        let (_stop, stopping) = watch::channel(false);
        let context = ComponentContext::new("source", Clock::system());
        let writer = ChannelWriter::new(shared.collect(), context, Stopping::new(stopping));
        let mut writer = writer.with_selector(Box::new(ByDigits));
        let (mut expected, mut routed) = (vec![Vec::new(); 3], 0);
        let receipts = Receipts::new();
        for number in 0..20_u64 {
            let mut event = || {
                let digits = (0..random.below(3)).map(|_| ["0", "1", "2", "5", "6", "7"][random.below(6)]);
                digits.collect::<String>()
            };
            let events: Vec<String> = (0..5).map(|_| event()).collect();
            for event in &events {
                for (at, expected) in expected.iter_mut().enumerate() {
                    let route = ByDigits.route(event);
                    expected.extend((route.requires(at) || route.offers(at)).then(|| event.clone()));
                }
                routed += u64::from(!event.is_empty());
            }
            writer.put(Batch::new(events, receipts.token(number))).await.unwrap();
        }
        for (channel, mut expected) in channels.iter().zip(expected) {
            let mut got = channel.drain();
            // Those that a channel requires and those that are offered to it come in two transactions.
            got.sort_unstable();
            expected.sort_unstable();
            assert_eq!(got, expected);
            channel.tokens().into_iter().for_each(Token::ack);
        }
        assert_eq!(writer.written(), routed);
        let outcomes = std::iter::from_fn(|| receipts.try_next());
        assert_eq!(outcomes.filter(|receipt| receipt.outcome.is_ok()).count(), 20);
    }
}

#[tokio::test]
async fn an_interceptor_is_told_the_clock_of_its_source() {
    let channel = ProbeChannel::<Event>::new();
    let (_stop, stopping) = watch::channel(false);
    let context = ComponentContext::new("source", Clock::fixed(Timestamp::from_millis(77)));
    let shared: Vec<Arc<dyn Channel<Event>>> = vec![channel.clone()];
    let writer = ChannelWriter::new(shared, context, Stopping::new(stopping));
    let mut writer = writer.with_interceptors(vec![Box::new(TimestampInterceptor::new())]);
    writer.put(Batch::untracked(vec![Event::new("a")])).await.unwrap();
    assert_eq!(channel.drain()[0].headers.get("timestamp"), Some("77"));
}
