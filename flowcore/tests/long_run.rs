//! Ten million tuples with failures, panics and pauses: memory stays flat.
//!
//! A binary of its own: it measures its process, where nothing else may run.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Backoff, Clock, RestartPolicy, Token, TokenSet};
use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Outputs, RetryPolicy, Spout, SpoutError, TopologyBuilder,
};

const TUPLES: u64 = 10_000_000;
/// What is allocated once is there by then: mailboxes, pools, the allocator's own reserves.
const WARM_UP: u64 = 2_500_000;
const EACH: u64 = 250_000;
/// What ten million tuples may add: a byte for each that stayed would be ten megabytes.
const GROWTH: u64 = 2 << 20;

const FAILS: u64 = 1_009;
const PANICS: u64 = 100_003;
const PAUSES: u64 = 20_011;

/// Bytes of the process that are in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse().unwrap();
    kilobytes << 10
}

#[derive(Clone, Default)]
struct Seen {
    /// Memory at every so many tuples.
    memory: Arc<Mutex<Vec<u64>>>,
    safe: Arc<AtomicU64>,
    arrived: Arc<AtomicU64>,
}

struct Numbers {
    next: u64,
    seen: Seen,
}

impl Spout for Numbers {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        const CALL: u64 = 250;
        if self.next == TUPLES {
            return Ok(Next::End);
        }
        if self.next.is_multiple_of(EACH) {
            self.seen.memory.lock().unwrap().push(resident());
        }
        let safe = Arc::clone(&self.seen.safe);
        out.cover(Token::new(move |outcome| {
            safe.fetch_add(if outcome.is_ok() { CALL } else { 0 }, Ordering::Relaxed);
        }));
        for number in self.next..self.next + CALL {
            out.emit(number);
        }
        self.next += CALL;
        Ok(Next::More)
    }
}

/// Fails a tuple in a thousand.
#[derive(Default)]
struct Failing(u64);

impl Bolt<u64> for Failing {
    type Out = Emitter<u64>;

    async fn execute(&mut self, tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0 += 1;
        if self.0.is_multiple_of(FAILS) {
            return Err(BoltError::retry("an error now and then"));
        }
        out.emit(*tuple);
        Ok(())
    }
}

/// Panics after some time, and is made anew.
#[derive(Default)]
struct Panicking(u64);

impl Bolt<u64> for Panicking {
    type Out = Emitter<u64>;

    async fn execute(&mut self, tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.0 += 1;
        assert!(self.0 < PANICS, "a panic now and then");
        out.emit(*tuple);
        Ok(())
    }
}

/// Pauses now and then, so that everything before it has to wait, and keeps what it owes meanwhile.
struct Slow {
    count: u64,
    kept: TokenSet,
    seen: Seen,
}

impl Bolt<u64> for Slow {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        self.count += 1;
        out.keep_in(&mut self.kept);
        if self.count.is_multiple_of(PAUSES) {
            Clock::system().sleep(Duration::from_millis(2)).await;
        }
        if self.kept.len() >= 5_000 {
            std::mem::take(&mut self.kept).ack();
        }
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut Self::Out) -> Result<(), BoltError> {
        self.seen.arrived.fetch_add(self.count, Ordering::Relaxed);
        std::mem::take(&mut self.kept).ack();
        Ok(())
    }
}

#[test]
fn ten_million_tuples_with_failures_panics_and_pauses_leave_memory_flat() {
    // A hundred panics are meant: their traces would take longer than the test.
    std::panic::set_hook(Box::new(|_| {}));
    let seen = Seen::default();
    let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(5));
    let restart =
        RestartPolicy { backoff: backoff.clone(), max_restarts: u32::MAX, stable_after: Duration::ZERO };
    let mut topology = TopologyBuilder::new("long")
        .retry(RetryPolicy { max_attempts: 10, backoff })
        .restart(restart)
        .max_pending(16 * 1024);
    let (spout, slow) = (seen.clone(), seen.clone());
    let numbers = topology.spout("numbers", move || Numbers { next: 0, seen: spout.clone() });
    let failing = topology.bolt("failing", Failing::default).shuffle(&numbers).parallelism(2);
    let panicking = topology.bolt("panicking", Panicking::default).fields(&failing, |n| n).parallelism(2);
    let slow = move || Slow { count: 0, kept: TokenSet::default(), seen: slow.clone() };
    topology.bolt("slow", slow).shuffle(&panicking);

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let report = runtime.unwrap().block_on(topology.build().unwrap().run()).unwrap();
    let _ = std::panic::take_hook();

    let of = |name| report.snapshot.component(name);
    assert!(of("failing").failed > 9_000, "{report:?}");
    assert!(of("panicking").restarts > 90, "{report:?}");
    assert_eq!(of("numbers").dead, 0, "{report:?}");
    assert_eq!(seen.safe.load(Ordering::Relaxed), TUPLES, "every one is acknowledged");
    assert!(seen.arrived.load(Ordering::Relaxed) >= TUPLES);

    let memory = seen.memory.lock().unwrap();
    let (warm_up, after) = memory.split_at(usize::try_from(WARM_UP / EACH).unwrap());
    let (before, most) = (warm_up.iter().max().unwrap(), after.iter().max().unwrap());
    assert!(*most <= before + GROWTH, "memory grows: {memory:?}");
    println!("{} KiB after the warm-up, {} KiB at most later", before >> 10, most >> 10);
}
