//! A spout alone: what it emits goes nowhere. It is the most that a topology can take in. Beside it a bare loop that
//! fills the same batches.

use std::hint::black_box;

use flowcore::process::TopologyBuilder;

use crate::hop::{Numbers, sum_below};
use crate::{Failure, check};

const BATCH: u64 = 1024;

/// Emits `numbers` numbers from `tasks` tasks.
///
/// # Errors
/// When the topology fails or loses one.
pub async fn topology(numbers: u64, tasks: usize) -> Result<(), Failure> {
    let own = numbers / tasks as u64;
    let mut topology = TopologyBuilder::new("spout");
    topology.spout("numbers", move || Numbers::below(own)).parallelism(tasks).ignore();
    let report = topology.build()?.run().await?;
    check("acknowledged numbers", numbers, report.snapshot.component("numbers").acked)?;
    Ok(())
}

/// Fills batches with them, on one thread.
///
/// # Errors
/// When it adds up wrongly.
pub fn bare_loop(numbers: u64) -> Result<(), Failure> {
    let mut batch = Vec::new();
    let mut last = 0;
    for start in (0..numbers).step_by(1024) {
        batch.clear();
        batch.extend((start..(start + BATCH).min(numbers)).map(black_box));
        last += black_box(&batch).iter().sum::<u64>();
    }
    check("the sum", sum_below(numbers), last)?;
    Ok(())
}
