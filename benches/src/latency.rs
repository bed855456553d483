//! Latency over three hops at a fixed rate, counted from the instant at which a tuple was meant to be emitted:
//! who falls behind does not hide it. Beside it a chain of bare tokio channels, fed in the same way.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flowcore::base::{Clock, Stopwatch, TaskSet, blocking};
use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Spout, SpoutError, TaskContext, TopologyBuilder,
};
use tokio::sync::mpsc;

use crate::{Failure, check};

/// Tuples that may wait for the first task.
const WAITING: usize = 8192;
/// The first part of a run, of ten, is not counted.
const WARM_UP: usize = 10;

/// Latencies in nanoseconds.
#[derive(Debug)]
pub struct Latencies(Vec<u64>);

impl Latencies {
    fn new(mut found: Vec<u64>) -> Self {
        found.drain(..found.len() / WARM_UP);
        found.sort_unstable();
        Self(found)
    }

    /// The latency in nanoseconds that `percent` of all tuples did not exceed.
    pub fn percentile(&self, percent: usize) -> u64 {
        let at = self.0.len() * percent / 100;
        self.0.get(at.min(self.0.len().saturating_sub(1))).copied().unwrap_or(0)
    }
}

/// When a run began, and how many tuples of it are due when.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    start: Stopwatch,
    rate: u64,
    tuples: u64,
}

impl Schedule {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Sends the instant of each tuple when it has come. On a thread of its own: the runtime's timer is too
    /// coarse.
    fn feed(self, to: &mpsc::Sender<u64>) {
        for number in 0..self.tuples {
            let due = number * 1_000_000_000 / self.rate;
            loop {
                let now = self.now();
                if now >= due {
                    break;
                }
                std::thread::park_timeout(Duration::from_nanos(due - now));
            }
            if to.blocking_send(due).is_err() {
                return;
            }
        }
    }
}

type Found = Arc<Mutex<Vec<u64>>>;

struct Arrivals {
    from: mpsc::Receiver<u64>,
    buffer: Vec<u64>,
}

impl Spout for Arrivals {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        if self.from.recv_many(&mut self.buffer, 256).await == 0 {
            return Ok(Next::End);
        }
        self.buffer.drain(..).for_each(|due| out.emit(due));
        Ok(Next::More)
    }
}

struct HandOn;

impl Bolt<u64> for HandOn {
    type Out = Emitter<u64>;

    async fn execute(&mut self, due: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.emit(*due);
        Ok(())
    }
}

struct Arrived {
    schedule: Schedule,
    latencies: Vec<u64>,
    found: Found,
}

impl Bolt<u64> for Arrived {
    type Out = NoOutput;

    async fn prepare(&mut self, _context: &TaskContext) -> Result<(), BoltError> {
        self.latencies.reserve(usize::try_from(self.schedule.tuples).unwrap_or(0));
        Ok(())
    }

    async fn execute(&mut self, due: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.latencies.push(self.schedule.now() - due);
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = std::mem::take(&mut self.latencies);
        Ok(())
    }
}

/// Three hops through a topology, acknowledged, at `rate` tuples a second.
///
/// # Errors
/// When the topology fails or loses a tuple.
pub async fn topology(rate: u64, tuples: u64) -> Result<Latencies, Failure> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let receiver = Mutex::new(Some(receiver));
    let empty = || mpsc::channel(1).1;
    let arrivals = move || {
        let from = receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        Arrivals { from: from.unwrap_or_else(empty), buffer: Vec::new() }
    };
    let schedule = Schedule { start: Clock::system().stopwatch(), rate, tuples };
    let found = Found::default();
    let into = Arc::clone(&found);
    let mut topology = TopologyBuilder::new("latency");
    let first = topology.spout("arrivals", arrivals);
    let second = topology.bolt("hand-on", || HandOn).shuffle(&first);
    let third = topology.bolt("hand-on-again", || HandOn).shuffle(&second);
    let arrived = move || Arrived { schedule, latencies: Vec::new(), found: Arc::clone(&into) };
    topology.bolt("arrived", arrived).shuffle(&third);
    let running = topology.build()?;
    fed(schedule, sender, async { Ok(running.run().await.map(|_| ())?) }).await?;
    finish(&found, tuples)
}

/// Three hops through tokio channels between tasks, and nothing else.
///
/// # Errors
/// When a tuple is lost.
pub async fn bare_channels(rate: u64, tuples: u64) -> Result<Latencies, Failure> {
    let (sender, mut from) = mpsc::channel(WAITING);
    let schedule = Schedule { start: Clock::system().stopwatch(), rate, tuples };
    let found = Found::default();
    let mut set = TaskSet::new();
    for hop in 0..3 {
        let (to, next) = mpsc::channel(1024);
        let mut from = std::mem::replace(&mut from, next);
        set.spawn(format!("hop-{hop}"), async move {
            while let Some(due) = from.recv().await {
                if to.send(due).await.is_err() {
                    return;
                }
            }
        });
    }
    let into = Arc::clone(&found);
    set.spawn("arrived", async move {
        let mut latencies = Vec::with_capacity(usize::try_from(tuples).unwrap_or(0));
        while let Some(due) = from.recv().await {
            latencies.push(schedule.now() - due);
        }
        *into.lock().unwrap_or_else(PoisonError::into_inner) = latencies;
    });
    let ended = async {
        while set.next().await.is_some() {}
        Ok(())
    };
    fed(schedule, sender, ended).await?;
    finish(&found, tuples)
}

/// Feeds what runs until it has ended.
async fn fed(
    schedule: Schedule,
    sender: mpsc::Sender<u64>,
    run: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let feeder = blocking(move || schedule.feed(&sender));
    let (fed, ran) = tokio::join!(feeder, run);
    fed?;
    ran
}

fn finish(found: &Found, tuples: u64) -> Result<Latencies, Failure> {
    let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    check("arrived tuples", tuples, found.len() as u64)?;
    Ok(Latencies::new(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_leave_out_the_warm_up() {
        let latencies = Latencies::new((0..1000).rev().collect());
        assert_eq!(latencies.percentile(50), 450);
        assert_eq!(latencies.percentile(99), 891);
        assert_eq!(latencies.percentile(100), 899);
        assert_eq!(Latencies::new(Vec::new()).percentile(99), 0);
    }
}
