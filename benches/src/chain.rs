//! A chain of bolts: numbers go through some bolts that hand them on and one that adds them up. Beside it bare
//! channels between as many tasks.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flowcore::base::{TaskEnd, TaskSet};
use flowcore::process::{Bolt, BoltError, Emitter, Stream, TopologyBuilder};

use tokio::sync::mpsc;

use crate::hop::{Numbers, Sum, sum_below};
use crate::{Failure, check};

struct HandOn;

impl Bolt<u64> for HandOn {
    type Out = Emitter<u64>;

    async fn execute(&mut self, number: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        out.emit(*number);
        Ok(())
    }
}

/// Sends `numbers` numbers through `bolts` bolts, one task each.
///
/// # Errors
/// When the topology fails or loses one.
pub async fn topology(numbers: u64, bolts: usize) -> Result<(), Failure> {
    let total = Arc::new(AtomicU64::new(0));
    let sum = Arc::clone(&total);
    let mut topology = TopologyBuilder::new("chain");
    let spout = topology.spout("numbers", move || Numbers::below(numbers));
    let mut stream = Stream::clone(&spout);
    for bolt in 1..bolts {
        let next = topology.bolt(format!("hand-on-{bolt}"), || HandOn).shuffle(&stream);
        stream = Stream::clone(&next);
    }
    topology.bolt("sum", move || Sum::into(&sum)).shuffle(&stream);
    let report = topology.build()?.run().await?;
    check("acknowledged numbers", numbers, report.snapshot.component("numbers").acked)?;
    check("the sum", sum_below(numbers), total.load(Ordering::Relaxed))?;
    Ok(())
}

/// Batches of as many numbers through tokio channels, each number handed on alone, and nothing else.
///
/// # Errors
/// When one is lost.
pub async fn bare_channels(numbers: u64, hops: usize) -> Result<(), Failure> {
    const BATCH: u64 = 1024;
    let mut set = TaskSet::new();
    let (first, mut from) = mpsc::channel::<Vec<u64>>(16);
    set.spawn("send", async move {
        for start in (0..numbers).step_by(1024) {
            if first.send((start..(start + BATCH).min(numbers)).collect()).await.is_err() {
                return 0;
            }
        }
        0
    });
    for _ in 1..hops {
        let (to, next) = mpsc::channel(16);
        let mut from = std::mem::replace(&mut from, next);
        set.spawn("hand on", async move {
            while let Some(batch) = from.recv().await {
                if to.send(batch.into_iter().map(black_box).collect()).await.is_err() {
                    return 0;
                }
            }
            0
        });
    }
    set.spawn("receive", async move {
        let mut sum = 0u64;
        while let Some(batch) = from.recv().await {
            sum = batch.into_iter().map(black_box).fold(sum, u64::wrapping_add);
        }
        sum
    });
    let mut total = 0;
    while let Some((_, end)) = set.next().await {
        if let TaskEnd::Done(sum) = end {
            total += sum;
        }
    }
    check("the sum", sum_below(numbers), total)?;
    Ok(())
}
