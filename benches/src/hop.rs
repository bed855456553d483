//! One hop: numbers from a spout to one bolt, acknowledged. Beside it a bare channel that moves the same batches.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flowcore::base::TaskSet;
use flowcore::process::{Bolt, BoltError, Emitter, Next, NoOutput, Spout, SpoutError, TopologyBuilder};
use tokio::sync::mpsc;

use crate::{Failure, check};

const BATCH: u64 = 1024;

/// Emits the numbers below its end.
#[derive(Debug)]
pub struct Numbers {
    at: u64,
    end: u64,
}

impl Numbers {
    /// From 0 to before `end`.
    pub fn below(end: u64) -> Self {
        Self { at: 0, end }
    }
}

impl Spout for Numbers {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let end = (self.at + BATCH).min(self.end);
        for number in self.at..end {
            out.emit(number);
        }
        self.at = end;
        Ok(if end == self.end { Next::End } else { Next::More })
    }
}

/// Adds up what comes, and in the end adds that to a total.
#[derive(Debug)]
pub struct Sum {
    sum: u64,
    total: Arc<AtomicU64>,
}

impl Sum {
    /// Nothing yet.
    pub fn into(total: &Arc<AtomicU64>) -> Self {
        Self { sum: 0, total: Arc::clone(total) }
    }
}

impl Bolt<u64> for Sum {
    type Out = NoOutput;

    async fn execute(&mut self, number: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.sum = self.sum.wrapping_add(black_box(*number));
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.total.fetch_add(self.sum, Ordering::Relaxed);
        Ok(())
    }
}

/// The sum of the numbers below `end`.
pub fn sum_below(end: u64) -> u64 {
    end.saturating_sub(1) * end / 2
}

/// Sends `numbers` numbers from `tasks` spout tasks to as many bolt tasks.
///
/// # Errors
/// When the topology fails or loses one.
pub async fn topology(numbers: u64, tasks: usize) -> Result<(), Failure> {
    let own = numbers / tasks as u64;
    let total = Arc::new(AtomicU64::new(0));
    let sum = Arc::clone(&total);
    let mut topology = TopologyBuilder::new("hop");
    let stream = topology.spout("numbers", move || Numbers::below(own)).parallelism(tasks);
    topology.bolt("sum", move || Sum::into(&sum)).shuffle(&stream).parallelism(tasks);
    let report = topology.build()?.run().await?;
    check("acknowledged numbers", numbers, report.snapshot.component("numbers").acked)?;
    check("the sum", sum_below(own) * tasks as u64, total.load(Ordering::Relaxed))?;
    Ok(())
}

/// The same batches through tokio channels from `tasks` tasks to as many, and nothing else.
///
/// # Errors
/// When one is lost.
pub async fn bare_channel(numbers: u64, tasks: usize) -> Result<(), Failure> {
    let own = numbers / tasks as u64;
    let total = Arc::new(AtomicU64::new(0));
    let mut set = TaskSet::new();
    for _ in 0..tasks {
        let (sender, mut receiver) = mpsc::channel::<Vec<u64>>(16);
        set.spawn("send", async move {
            for start in (0..own).step_by(1024) {
                let batch = (start..(start + BATCH).min(own)).collect();
                if sender.send(batch).await.is_err() {
                    return;
                }
            }
        });
        let total = Arc::clone(&total);
        set.spawn("receive", async move {
            let mut sum = 0u64;
            while let Some(batch) = receiver.recv().await {
                for number in batch {
                    sum = sum.wrapping_add(black_box(number));
                }
            }
            total.fetch_add(sum, Ordering::Relaxed);
        });
    }
    while set.next().await.is_some() {}
    check("the sum", sum_below(own) * tasks as u64, total.load(Ordering::Relaxed))?;
    Ok(())
}
