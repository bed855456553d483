//! Coffee: order lines that are in memory go through the example's topology, parsed and counted in a window,
//! acknowledged. Beside it a loop that only parses them, on as many threads.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use coffee_orders::bucket::{BucketName, Bucketing};
use coffee_orders::cover::Cover;
use coffee_orders::generator::random_order;
use coffee_orders::order::Order;
use coffee_orders::packet;
use coffee_orders::statistics::Tally;
use coffee_orders::topology::{
    COUNT_TASKS, Closed, CountSettings, FileLine, KeepError, Keeper, LiveBuckets, MOST_KEPT, add_bolts,
};
use flowcore::base::{Clock, FileIdentity, TaskEnd, TaskSet, Timestamp, blocking};
use flowcore::ingest::source::tail::Line;
use flowcore::process::{Emitter, Next, Spout, SpoutError, TopologyBuilder};

use crate::{Failure, check};

/// Lines that lie in one buffer, as they do when a file is read.
const CHUNK: u64 = 500;
/// Lines that are emitted in one call: as many as a spout takes out of a channel.
const BATCH: usize = 2_048;

/// The lines of a file, in memory.
#[derive(Debug)]
pub struct Lines {
    /// For the topology, which takes them.
    of_file: Vec<FileLine>,
    /// For who parses them only.
    bodies: Arc<Vec<Bytes>>,
}

/// Makes `count` lines, the same ones each time.
pub fn lines(count: u64) -> Lines {
    let mut make = FileLine::maker();
    let mut bodies = Vec::new();
    for chunk in 0..count.div_ceil(CHUNK) {
        let numbers = chunk * CHUNK..count.min((chunk + 1) * CHUNK);
        let texts: Vec<String> = numbers.map(|at| random_order(1, at)).collect();
        let chunk = Bytes::from(texts.concat());
        let mut end = 0;
        bodies.extend(texts.iter().map(|text| {
            end += text.len();
            chunk.slice(end - text.len()..end)
        }));
    }
    let mut offset = 0;
    let file = FileIdentity { device: 0, inode: 1 };
    let path = Path::new("orders.txt");
    let numbered = bodies.iter().zip(1..).map(|(body, number)| {
        let start = offset;
        offset += body.len() as u64 + 1;
        let (end, body, truncated) = (offset, body.clone(), None);
        make(Line { body, file, generation: 0, pattern: 0, path, offset: start, end, number, truncated })
    });
    let of_file = numbered.collect();
    Lines { of_file, bodies: Arc::new(bodies) }
}

/// Hands out what was read before.
struct Read(std::vec::IntoIter<FileLine>);

impl Spout for Read {
    type Out = Emitter<FileLine>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        for line in self.0.by_ref().take(BATCH) {
            out.emit(line);
        }
        Ok(if self.0.len() == 0 { Next::End } else { Next::More })
    }
}

#[derive(Debug, Clone, Default)]
struct Counted(Arc<AtomicU64>);

#[async_trait]
impl Keeper<FileLine> for Counted {
    async fn keep(&mut self, closed: &Closed<FileLine>) -> Result<(), KeepError> {
        self.0.fetch_add(closed.statistics.orders(), Ordering::Relaxed);
        Ok(())
    }

    async fn kept(&mut self, _bucket: BucketName) -> Result<Vec<Tally>, KeepError> {
        Ok(Vec::new())
    }

    async fn publish(&mut self, _packets: Vec<packet::Statistics>) {}
}

/// Counts all lines, and leaves none.
///
/// # Errors
/// When the topology fails or counts wrongly.
pub async fn topology(lines: &mut Lines) -> Result<(), Failure> {
    let expected = lines.of_file.len() as u64;
    let input = Mutex::new(std::mem::take(&mut lines.of_file));
    let noon = Timestamp::from_millis(1_411_905_600_000);
    let mut topology = TopologyBuilder::new("coffee").clock(Clock::fixed(noon));
    let take = move || input.lock().map(|mut input| std::mem::take(&mut *input)).unwrap_or_default();
    let spout = topology.spout("lines", move || Read(take().into_iter()));
    let settings = CountSettings {
        bucketing: Bucketing::new(Duration::from_secs(30), "UTC")?,
        max_kept: MOST_KEPT / COUNT_TASKS,
        live: Arc::new(LiveBuckets::default()),
        rejected: Arc::new(AtomicU64::new(0)),
    };
    let counted = Counted::default();
    let keeper = counted.clone();
    add_bolts(&mut topology, &spout, &settings, Arc::new(Cover::default()), move || keeper.clone());
    let report = topology.build()?.run().await?;
    check("acknowledged lines", expected, report.snapshot.component("lines").acked)?;
    check("counted orders", expected, counted.0.load(Ordering::Relaxed))?;
    Ok(())
}

/// Parses all lines on `threads` threads and looks at nothing but whether they are orders.
///
/// # Errors
/// When one is none.
pub async fn only_parse(lines: &Lines, threads: usize) -> Result<(), Failure> {
    let mut set = TaskSet::new();
    for thread in 0..threads {
        let lines = Arc::clone(&lines.bodies);
        let is_order = |line: &&Bytes| std::hint::black_box(Order::parse(line)).is_ok();
        let parse = move || lines.iter().skip(thread).step_by(threads).filter(is_order).count() as u64;
        set.spawn("parse", blocking(parse));
    }
    let mut parsed = 0;
    while let Some((_, end)) = set.next().await {
        if let TaskEnd::Done(Ok(orders)) = end {
            parsed += orders;
        }
    }
    check("orders", lines.bodies.len() as u64, parsed)?;
    Ok(())
}
