//! A chain of bolts: numbers go through some bolts that hand them on and one that adds them up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flowcore::process::{Bolt, BoltError, Emitter, Stream, TopologyBuilder};

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
