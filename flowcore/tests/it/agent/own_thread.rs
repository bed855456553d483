use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::Token;
use flowcore::ingest::sink::NullSink;
use flowcore::ingest::{
    Agent, AgentBuilder, Batch, ChannelWriter, LoadBalancePolicy, MemoryChannel, Sink, SinkError, Source,
    SourceError,
};
use flowcore_testkit::until;

use super::parts::{Counter, Fault, Log, Number};

const PATIENCE: Duration = Duration::from_mins(1);

/// Blocks its thread in every delivery, or before every put, until the test says how it goes on.
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
    component: Blocking,
    threads: Receiver<Option<String>>,
    next: SyncSender<Next>,
}

fn blocking() -> Test {
    let (threads, seen) = sync_channel(1000);
    let (next, told) = sync_channel(1000);
    let (delivered, dropped) = (Arc::default(), Arc::default());
    let component =
        Blocking { threads, next: Arc::new(Mutex::new(told)), delivered, dropped, is_copy: false };
    Test { component, threads: seen, next }
}

impl Blocking {
    fn in_an_agent(&self) -> Self {
        let mut component = self.clone();
        component.is_copy = true;
        component
    }

    fn block(&self) {
        // The test's end may be gone: then it goes on.
        let _ = self.threads.send(std::thread::current().name().map(str::to_owned));
        let next = self.next.lock().unwrap().recv_timeout(PATIENCE);
        match next {
            Ok(Next::Deliver) | Err(RecvTimeoutError::Disconnected) => {}
            Ok(Next::Panic) => panic!("as the test says"),
            Err(RecvTimeoutError::Timeout) => panic!("the test does not go on"),
        }
    }
}

#[async_trait]
impl Sink<Number> for Blocking {
    async fn deliver(&mut self, events: &[Number]) -> Result<(), SinkError> {
        self.block();
        self.delivered.fetch_add(events.len() as u64, Ordering::SeqCst);
        Ok(())
    }

    fn blocks(&self) -> bool {
        true
    }
}

#[async_trait]
impl Source<Number> for Blocking {
    async fn run(&mut self, out: &mut ChannelWriter<Number>) -> Result<(), SourceError> {
        while !out.is_stopping() {
            self.block();
            let Ok(()) = out.put(Batch::untracked(vec![Number(0)])).await else { return Ok(()) };
            self.delivered.fetch_add(1, Ordering::SeqCst);
        }
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
    let handle = agent(100, &test.component).start().await.unwrap();
    // It blocks until this test goes on, and the others have one thread.
    until(async || handle.snapshot().sources[0].written == 100).await;
    assert_eq!(test.threads.recv_timeout(PATIENCE).unwrap().as_deref(), Some("blocking sink"));
    assert_eq!(test.component.delivered.load(Ordering::SeqCst), 0);
    for _ in 0..100 {
        test.next.send(Next::Deliver).unwrap();
    }
    let report = handle.wait().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(test.component.delivered.load(Ordering::SeqCst), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_group_with_a_sink_that_blocks_has_a_thread() {
    let test = blocking();
    let sinks = [test.component.clone(), test.component.clone()];
    let mut group = AgentBuilder::new("test")
        .channel("memory", MemoryChannel::builder().capacity(1000))
        .written_elsewhere("memory")
        .sink_group("group", LoadBalancePolicy::round_robin(2))
        .batch(1);
    for (at, sink) in sinks.into_iter().enumerate() {
        group = group.sink(format!("k{at}"), move || sink.in_an_agent());
    }
    let handle = group.from("memory").build().unwrap().start().await.unwrap();
    let mut put = handle.channel("memory").unwrap().begin_put().await.unwrap();
    put.put(vec![Number(0), Number(1)]).await.unwrap();
    put.commit(Token::untracked()).await.unwrap();
    for _ in 0..2 {
        test.next.send(Next::Deliver).unwrap();
        assert_eq!(test.threads.recv_timeout(PATIENCE).unwrap().as_deref(), Some("group"));
    }
    let report = handle.stop().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(test.component.delivered.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_sink_that_panics_on_its_own_thread_is_made_anew_and_loses_nothing() {
    let test = blocking();
    let handle = agent(20, &test.component).start().await.unwrap();
    for next in [Next::Deliver, Next::Panic, Next::Panic].into_iter().chain([Next::Deliver; 19]) {
        test.next.send(next).unwrap();
    }
    let report = handle.wait().await.unwrap();
    assert_eq!(test.component.delivered.load(Ordering::SeqCst), 20);
    assert_eq!(report.snapshot.sinks[0].restarts, 2);
    until(async || test.component.dropped.load(Ordering::SeqCst) == 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_killed_agent_has_no_sink_on_a_thread_any_more() {
    let test = blocking();
    let handle = agent(10, &test.component).start().await.unwrap();
    for _ in 0..10 {
        test.next.send(Next::Deliver).unwrap();
    }
    until(async || test.component.delivered.load(Ordering::SeqCst) == 10).await;
    drop(handle);
    until(async || test.component.dropped.load(Ordering::SeqCst) == 1).await;
}

/// Its source blocks; another one counts.
fn agent_of_sources(numbers: u64, source: &Blocking) -> Agent<Number> {
    let (counter, source) = (Counter::new(numbers, Fault::None, &Log::default()), source.clone());
    AgentBuilder::new("test")
        .channel("memory", MemoryChannel::builder().capacity(1000))
        .source("blocking source", move || source.in_an_agent())
        .into(["memory"])
        .source("counter", move || counter.anew())
        .into(["memory"])
        .sink("null", NullSink::new)
        .from("memory")
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_source_that_blocks_keeps_nobody_but_itself_from_its_thread() {
    let test = blocking();
    let handle = agent_of_sources(100, &test.component).start().await.unwrap();
    assert_eq!(test.threads.recv_timeout(PATIENCE).unwrap().as_deref(), Some("blocking source"));
    // It blocks until this test goes on, and the others have one thread.
    until(async || handle.snapshot().sources[1].written == 100).await;
    assert_eq!(test.component.delivered.load(Ordering::SeqCst), 0);
    test.next.send(Next::Deliver).unwrap();
    until(async || handle.snapshot().sources[0].written == 1).await;
    drop((test.next, test.threads));
    let report = handle.stop().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_source_that_panics_on_its_own_thread_is_made_anew() {
    let test = blocking();
    let handle = agent_of_sources(1, &test.component).start().await.unwrap();
    for next in [Next::Deliver, Next::Panic, Next::Deliver] {
        test.next.send(next).unwrap();
    }
    until(async || handle.snapshot().sources[0].written == 2).await;
    assert_eq!(handle.snapshot().sources[0].restarts, 1);
    drop((handle, test.next, test.threads));
    until(async || test.component.dropped.load(Ordering::SeqCst) == 2).await;
}
