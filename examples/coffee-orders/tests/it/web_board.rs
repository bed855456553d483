//! A board in memory, a server that shows it, and a client without a browser.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use coffee_orders::packet::{Count, Dimension, Statistics};
use coffee_orders::web::{Board, BoardError, listen, serve};
use flowcore::base::{Clock, Stop, TaskSet, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::broadcast;

pub(crate) const BRANCHES: [&str; 5] = ["all", "jeongja", "seohyeon", "sunae", "migeum"];

type Counts = BTreeMap<(String, Dimension, Timestamp), BTreeMap<String, u64>>;

pub(crate) struct MemoryBoard {
    branches: Vec<String>,
    bucket: Duration,
    clock: Clock,
    counts: Mutex<Counts>,
    live: broadcast::Sender<Arc<Statistics>>,
    broken: Mutex<bool>,
}

impl MemoryBoard {
    pub(crate) fn new(bucket: Duration, clock: Clock) -> Arc<Self> {
        let branches = BRANCHES.map(str::to_owned).to_vec();
        let (counts, broken) = (Mutex::default(), Mutex::new(false));
        Arc::new(Self { branches, bucket, clock, counts, live: broadcast::channel(64).0, broken })
    }

    /// From now on the store cannot be read, or can again.
    pub(crate) fn breaks(&self, broken: bool) {
        *self.broken.lock().unwrap() = broken;
    }

    /// Counts one order now, and publishes.
    pub(crate) fn order(&self, branch: &str, grade: &str, payment: &str, cups: &[&str]) {
        self.order_at(self.clock.now(), branch, grade, payment, cups);
    }

    /// Counts one order at `instant`, and publishes.
    pub(crate) fn order_at(
        &self,
        instant: Timestamp,
        branch: &str,
        grade: &str,
        payment: &str,
        cups: &[&str],
    ) {
        let start = instant.floor(self.bucket);
        for branch in ["all", branch] {
            self.count(branch, Dimension::CustomerAgeGrades, start, &[grade]);
            self.count(branch, Dimension::PaymentMethods, start, &[payment]);
            self.count(branch, Dimension::Orders, start, cups);
        }
    }

    fn count(&self, branch: &str, dimension: Dimension, start: Timestamp, kinds: &[&str]) {
        let mut counts = self.counts.lock().unwrap();
        let bucket = counts.entry((branch.to_owned(), dimension, start)).or_default();
        for kind in kinds {
            *bucket.entry((*kind).to_owned()).or_default() += 1;
        }
        drop(counts);
        // Nobody looks: nothing is lost, the history has it.
        drop(self.live.send(Arc::new(self.read(branch, dimension, start))));
    }

    fn read(&self, branch: &str, dimension: Dimension, start: Timestamp) -> Statistics {
        let counts = self.counts.lock().unwrap();
        let bucket = counts.get(&(branch.to_owned(), dimension, start)).into_iter().flatten();
        let counts = bucket.map(|(kind, count)| Count { kind: kind.clone(), count: *count }).collect();
        Statistics { branch: branch.to_owned(), dimension, date: date(start), counts }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl Board for MemoryBoard {
    fn branches(&self) -> &[String] {
        &self.branches
    }

    fn bucket(&self) -> Duration {
        self.bucket
    }

    async fn history(
        &self,
        branch: &str,
        dimension: Dimension,
        count: usize,
    ) -> Result<Vec<Statistics>, BoardError> {
        if *self.broken.lock().unwrap() {
            return Err(BoardError::new("the disk is on fire"));
        }
        let last = self.clock.now().floor(self.bucket);
        let back = |steps: usize| last - self.bucket * u32::try_from(steps).unwrap();
        Ok((0..count).rev().map(|steps| self.read(branch, dimension, back(steps))).collect())
    }

    fn live(&self) -> broadcast::Receiver<Arc<Statistics>> {
        self.live.subscribe()
    }
}

/// `yyyyMMddHHmmss` in UTC.
pub(crate) fn date(instant: Timestamp) -> String {
    let seconds = instant.as_millis().div_euclid(1000);
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (mut year, mut day) = (1970, days);
    let length = |year: i64| if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) { 366 } else { 365 };
    while day >= length(year) {
        day -= length(year);
        year += 1;
    }
    let months = [31, length(year) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    format!("{year:04}{month:02}{:02}{:02}{:02}{:02}", day + 1, time / 3600, time / 60 % 60, time % 60)
}

#[test]
fn a_date_is_the_buckets_start_in_utc() {
    assert_eq!(date(Timestamp::from_millis(1_411_905_600_000)), "20140928120000");
    assert_eq!(date(Timestamp::from_millis(1_709_164_829_999)), "20240229000029");
    assert_eq!(date(Timestamp::from_millis(1_735_689_599_000)), "20241231235959");
}

/// A server in this process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    tasks: TaskSet<()>,
    stop: Stop,
}

impl Server {
    pub(crate) async fn start(board: Arc<dyn Board>) -> Self {
        Self::start_at(board, ([127, 0, 0, 1], 0).into()).await
    }

    pub(crate) async fn start_at(board: Arc<dyn Board>, address: SocketAddr) -> Self {
        let listener = listen(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let stopped = stop.stopped();
        let mut tasks = TaskSet::new();
        tasks.spawn("server", async move {
            serve(listener, board, stopped).await;
        });
        Self { address, tasks, stop }
    }

    /// Stops it, and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.stop.now();
        while self.tasks.next().await.is_some() {}
    }
}

/// An answer: status, head and body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// One request with a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    let mut stream = request(address, path).await;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Sends a request of HTTP 1.0, whose answer ends with the connection.
pub(crate) async fn request(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}
