//! Counts of many distinct keys: numbers go by fields grouping to the task that counts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flowcore::process::{
    Bolt, BoltError, Emitter, KeyTable, Next, NoOutput, Spout, SpoutError, TopologyBuilder,
};

use crate::order::shuffled;
use crate::{Failure, WORKERS, check};

const BATCH: u64 = 1024;

struct Keys {
    at: u64,
    end: u64,
    distinct: u64,
}

impl Spout for Keys {
    type Out = Emitter<u64>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let end = (self.at + BATCH).min(self.end);
        for number in self.at..end {
            out.emit(shuffled(number, self.distinct));
        }
        self.at = end;
        Ok(if end == self.end { Next::End } else { Next::More })
    }
}

struct Count {
    counts: KeyTable<u64, u64>,
    totals: Arc<[AtomicU64; 2]>,
}

impl Bolt<u64> for Count {
    type Out = NoOutput;

    fn look_ahead(&self, key: &u64) -> bool {
        self.counts.look_ahead(key)
    }

    async fn execute(&mut self, key: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        *self.counts.get_or_insert_with(*key, || 0) += 1;
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.totals[0].fetch_add(self.counts.iter().map(|(_, count)| count).sum(), Ordering::Relaxed);
        self.totals[1].fetch_add(self.counts.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// Counts `tuples` tuples of `keys` distinct keys. `tuples` is at least twice `keys`.
///
/// # Errors
/// When the topology fails or counts wrongly.
pub async fn topology(tuples: u64, keys: u64) -> Result<(), Failure> {
    let end = tuples / WORKERS as u64;
    let totals = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let into = Arc::clone(&totals);
    let mut topology = TopologyBuilder::new("keys");
    let stream = topology.spout("keys", move || Keys { at: 0, end, distinct: keys }).parallelism(WORKERS);
    topology
        .bolt("count", move || Count { counts: KeyTable::default(), totals: Arc::clone(&into) })
        .fields(&stream, |key| key)
        .parallelism(WORKERS);
    let report = topology.build()?.run().await?;
    check("acknowledged keys", tuples, report.snapshot.component("keys").acked)?;
    check("counted keys", tuples, totals[0].load(Ordering::Relaxed))?;
    check("distinct keys", keys, totals[1].load(Ordering::Relaxed))?;
    Ok(())
}
