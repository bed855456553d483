//! Several putters and takers at once, cancelled at any moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Clock, Receipts, TaskEnd, TaskSet};
use flowcore::ingest::{Channel, ChannelError};

use crate::channels::{Kind, Size};
use crate::seeds::{Random, Seed};

const LINES: usize = 120;

async fn sleep(time: Duration) {
    Clock::system().sleep(time).await;
}

type Got = Arc<Mutex<Vec<String>>>;

type Lines = Arc<dyn Channel<String>>;

async fn channel(kind: Kind, random: &mut Random) -> Lines {
    let (capacity, transaction) = (1 + random.below(20), 1 + random.below(6));
    kind.open(Size { capacity, transaction, bytes: usize::MAX, keep_alive: Duration::from_secs(3) }).await
}

/// Puts `LINES` lines, each as often as it is refused, and waits until all are acknowledged.
async fn putter(channel: Lines, name: usize, mut random: Random) {
    let (receipts, mut next) = (Receipts::new(), 0);
    while next < LINES {
        let lines = vec![format!("{name} {next}")];
        let mut put = channel.begin_put().await.unwrap();
        let patience = Duration::from_millis(random.next() % 5);
        // Cancelled when its patience is over: then it is as if it had never been.
        let placed = tokio::select! {
            placed = put.put(lines) => placed.is_ok(),
            () = sleep(patience) => false,
        };
        if placed && !random.one_in(5) {
            put.commit(receipts.token(next)).await.unwrap();
            next += 1;
        }
    }
    for _ in 0..LINES {
        assert!(receipts.next().await.outcome.is_ok());
    }
}

async fn taker(channel: Lines, got: Got, mut random: Random) {
    loop {
        let patience = Duration::from_millis(random.next() % 3);
        let take = tokio::select! {
            take = channel.take(1 + random.below(5)) => take,
            () = sleep(patience) => continue,
        };
        match take {
            Ok(take) if random.one_in(4) => take.rollback(),
            Ok(take) => {
                sleep(Duration::from_millis(random.next() % 3)).await;
                got.lock().unwrap().extend(take.events().iter().cloned());
                take.commit().await.unwrap();
            }
            Err(ChannelError::Closed { .. }) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

async fn all(tasks: &mut TaskSet<()>) {
    while let Some((name, end)) = tasks.next().await {
        assert!(matches!(end, TaskEnd::Done(())), "{name}: {end:?}");
    }
}

async fn run(kind: Kind, seed: u64, takers: usize) -> Vec<String> {
    let mut random = Random::new(seed);
    let (channel, got) = (channel(kind, &mut random).await, Got::default());
    let (mut putting, mut taking) = (TaskSet::new(), TaskSet::new());
    for name in 0..3 {
        putting.spawn("putter", putter(channel.clone(), name, Random::new(random.next())));
    }
    for _ in 0..takers {
        taking.spawn("taker", taker(channel.clone(), got.clone(), Random::new(random.next())));
    }
    let finished = async {
        all(&mut putting).await;
        channel.close();
        all(&mut taking).await;
    };
    let late = sleep(Duration::from_hours(1));
    tokio::select! { () = finished => {}, () = late => panic!("a wake-up was lost") }
    Arc::into_inner(got).unwrap().into_inner().unwrap()
}

/// One of memory is faster.
fn seeds(kind: Kind, from: u64) -> std::ops::Range<u64> {
    from..from + if kind == Kind::Memory { 60 } else { 15 }
}

async fn nothing_is_lost_or_doubled(kind: Kind) {
    for seed in seeds(kind, 0) {
        let _seed = Seed(seed);
        let mut got = run(kind, seed, 3).await;
        assert_eq!(got.len(), 3 * LINES);
        got.sort();
        got.dedup();
        assert_eq!(got.len(), 3 * LINES);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_or_doubled_in_memory_with_several_putters_and_takers() {
    nothing_is_lost_or_doubled(Kind::Memory).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_or_doubled_in_a_file_with_several_putters_and_takers() {
    nothing_is_lost_or_doubled(Kind::File).await;
}

async fn one_taker_sees_order(kind: Kind) {
    for seed in seeds(kind, 100) {
        let _seed = Seed(seed);
        let mut next: HashMap<String, usize> = HashMap::new();
        for line in run(kind, seed, 1).await {
            let (name, number) = line.split_once(' ').unwrap();
            let expected = next.entry(name.to_owned()).or_default();
            assert_eq!(number, expected.to_string());
            *expected += 1;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_taker_sees_each_putters_order_in_memory() {
    one_taker_sees_order(Kind::Memory).await;
}

#[tokio::test(start_paused = true)]
async fn one_taker_sees_each_putters_order_in_a_file() {
    one_taker_sees_order(Kind::File).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_on_two_threads() {
    for kind in [Kind::Memory, Kind::File] {
        let got = run(kind, 7, 2).await;
        assert_eq!(got.len(), 3 * LINES);
    }
}

#[tokio::test(start_paused = true)]
async fn takers_are_served_in_the_order_in_which_they_came() {
    takers_are_served_in_order(Kind::Memory).await;
    takers_are_served_in_order(Kind::File).await;
}

async fn takers_are_served_in_order(kind: Kind) {
    let size = Size { capacity: 9, transaction: 1, bytes: usize::MAX, keep_alive: Duration::from_secs(3) };
    let channel: Lines = kind.open(size).await;
    let (served, mut tasks) = (Got::default(), TaskSet::new());
    for name in ["first", "second", "third"] {
        let (channel, served) = (channel.clone(), served.clone());
        tasks.spawn(name, async move {
            let take = channel.take(1).await.unwrap();
            served.lock().unwrap().push(name.to_owned());
            take.commit().await.unwrap();
        });
    }
    sleep(Duration::from_millis(1)).await;
    for _ in 0..3 {
        let mut put = channel.begin_put().await.unwrap();
        put.put(vec!["x".to_owned()]).await.unwrap();
        put.commit(flowcore::base::Token::untracked()).await.unwrap();
    }
    all(&mut tasks).await;
    assert_eq!(*served.lock().unwrap(), ["first", "second", "third"]);
}
