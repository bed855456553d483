use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::ingest::{Agent, AgentBuilder, MemoryChannel, Sink, SinkError};
use flowcore_testkit::until;

use super::parts::{Counter, Fault, Log, Number};

const PATIENCE: Duration = Duration::from_mins(1);

/// Blocks its thread in every delivery until the test says how it goes on.
#[derive(Clone)]
struct Blocking {
    threads: SyncSender<Option<String>>,
    next: Arc<Mutex<Receiver<Next>>>,
    delivered: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
    /// A copy is what an agent has.
    is_copy: bool,
}

#[derive(Debug, Clone, Copy)]
enum Next {
    Deliver,
    Panic,
}

/// The test's end of it.
struct Test {
    sink: Blocking,
    threads: Receiver<Option<String>>,
    next: SyncSender<Next>,
}

fn blocking() -> Test {
    let (threads, seen) = sync_channel(1000);
    let (next, told) = sync_channel(1000);
    let (delivered, dropped) = (Arc::default(), Arc::default());
    let sink = Blocking { threads, next: Arc::new(Mutex::new(told)), delivered, dropped, is_copy: false };
    Test { sink, threads: seen, next }
}

impl Blocking {
    fn in_an_agent(&self) -> Self {
        let mut sink = self.clone();
        sink.is_copy = true;
        sink
    }
}

#[async_trait]
impl Sink<Number> for Blocking {
    async fn deliver(&mut self, events: &[Number]) -> Result<(), SinkError> {
        self.threads.send(std::thread::current().name().map(str::to_owned)).unwrap();
        let next = self.next.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        match next {
            Next::Deliver => {}
            Next::Panic => panic!("as the test says"),
        }
        self.delivered.fetch_add(events.len() as u64, Ordering::SeqCst);
        Ok(())
    }

    fn blocks(&self) -> bool {
        true
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        self.dropped.fetch_add(u64::from(self.is_copy), Ordering::SeqCst);
    }
}

fn agent(numbers: u64, sink: &Blocking) -> Agent<Number> {
    let (counter, sink) = (Counter::new(numbers, Fault::None, &Log::default()), sink.clone());
    AgentBuilder::new("test")
        .channel("memory", MemoryChannel::builder().capacity(1000))
        .source("counter", move || counter.anew())
        .into(["memory"])
        .sink("blocking sink", move || sink.in_an_agent())
        .batch(1)
        .from("memory")
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_sink_that_blocks_keeps_nobody_but_itself_from_its_thread() {
    let test = blocking();
    let handle = agent(100, &test.sink).start().await.unwrap();
    // It blocks until this test goes on, and the others have one thread.
    until(async || handle.snapshot().sources[0].written == 100).await;
    assert_eq!(test.threads.recv_timeout(PATIENCE).unwrap().as_deref(), Some("blocking sink"));
    assert_eq!(test.sink.delivered.load(Ordering::SeqCst), 0);
    for _ in 0..100 {
        test.next.send(Next::Deliver).unwrap();
    }
    let report = handle.wait().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(test.sink.delivered.load(Ordering::SeqCst), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_sink_that_panics_on_its_own_thread_is_made_anew_and_loses_nothing() {
    let test = blocking();
    let handle = agent(20, &test.sink).start().await.unwrap();
    for next in [Next::Deliver, Next::Panic, Next::Panic].into_iter().chain([Next::Deliver; 19]) {
        test.next.send(next).unwrap();
    }
    let report = handle.wait().await.unwrap();
    assert_eq!(test.sink.delivered.load(Ordering::SeqCst), 20);
    assert_eq!(report.snapshot.sinks[0].restarts, 2);
    until(async || test.sink.dropped.load(Ordering::SeqCst) == 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_killed_agent_has_no_sink_on_a_thread_any_more() {
    let test = blocking();
    let handle = agent(10, &test.sink).start().await.unwrap();
    for _ in 0..10 {
        test.next.send(Next::Deliver).unwrap();
    }
    until(async || test.sink.delivered.load(Ordering::SeqCst) == 10).await;
    drop(handle);
    until(async || test.sink.dropped.load(Ordering::SeqCst) == 1).await;
}
