use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flowcore::base::Clock;
use flowcore::bridge::ChannelSpout;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::{AgentBuilder, MemoryChannel};
use flowcore::process::{Delivery, TopologyBuilder};

use super::Failure;
use crate::bucket::{BucketName, Bucketing};
use crate::cli::ReplayOptions;
use crate::cover::Cover;
use crate::document::Document;
use crate::order::MAX_LINE_BYTES;
use crate::packet;
use crate::rejects::Rejected;
use crate::statistics::{Statistics, Tally, Totals};
use crate::topology::{self, Closed, CountSettings, FileLine, KeepError, Keeper, LiveBuckets};

/// Counts a file to its end through the same topology, and prints everything. Nothing is stored, so nothing
/// is acknowledged: after a crash one runs it again.
pub(super) async fn run(options: &ReplayOptions) -> Result<(), Failure> {
    check(&options.file)?;
    let bucketing = Bucketing::new(options.buckets.bucket, &options.buckets.zone)?;
    let file = std::path::absolute(&options.file)?;
    let agent = AgentBuilder::new("replay")
        .channel("memory", MemoryChannel::<FileLine>::builder().capacity(20_000).transaction(2_048))
        .read_elsewhere("memory")
        .source("file", move || {
            TailSource::of([file.clone()], FileLine::maker())
                .until_end(true)
                .watch(false)
                .max_line(MAX_LINE_BYTES)
        })
        .into(["memory"])
        .build()?
        .start()
        .await?;
    let channel = agent.channel("memory").ok_or_else(|| Failure::from("the agent has lost its channel"))?;

    let clock = Clock::fixed(options.at);
    let mut topology = TopologyBuilder::new("replay").clock(clock).delivery(Delivery::BestEffort);
    let lines = topology.spout("lines", move || ChannelSpout::new(Arc::clone(&channel)));
    let settings = CountSettings {
        bucketing,
        max_kept: usize::MAX,
        live: Arc::new(LiveBuckets::default()),
        rejected: Arc::new(AtomicU64::new(0)),
    };
    let kept = Kept::default();
    let keeper = kept.clone();
    topology::add_bolts(&mut topology, &lines, &settings, Arc::new(Cover::default()), move || keeper.clone());
    let running = topology.build()?.start();
    let topology = running.handle();
    let counted = running.wait();
    let read = async {
        agent.sources_ended().await;
        agent.stop_sources().await;
    };
    let failed = async {
        let error = agent.failed().await;
        topology.abort();
        error
    };
    tokio::select! {
        (report, ()) = async { tokio::join!(counted, read) } => { report?; }
        error = failed => return Err(error.into()),
    }
    agent.finish().await?;
    kept.print()
}

/// Whether there is something that can be read to its end.
fn check(file: &Path) -> Result<(), Failure> {
    let cannot = |why: String| Failure::from(format!("cannot read {}: {why}", file.display()));
    let opened = File::open(file).and_then(|opened| opened.metadata());
    let kind = opened.map_err(|error| cannot(error.to_string()))?.file_type();
    if kind.is_file() {
        return Ok(());
    }
    Err(cannot(if kind.is_dir() { "it is a folder" } else { "it is no ordinary file" }.to_owned()))
}

/// Closed buckets, in memory.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Everything>>);

#[derive(Debug, Default)]
struct Everything {
    buckets: BTreeMap<BucketName, Statistics>,
    rejected: Vec<Rejected>,
}

#[async_trait]
impl Keeper<FileLine> for Kept {
    async fn keep(&mut self, closed: &Closed<FileLine>) -> Result<(), KeepError> {
        let mut everything = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        everything.buckets.entry(closed.bucket).or_default().merge(&closed.statistics);
        everything.rejected.extend_from_slice(&closed.rejected);
        Ok(())
    }

    async fn kept(&mut self, _bucket: BucketName) -> Result<Vec<Tally>, KeepError> {
        Ok(Vec::new())
    }

    async fn publish(&mut self, _packets: Vec<packet::Statistics>) {}
}

impl Kept {
    fn print(&self) -> Result<(), Failure> {
        let mut everything = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Everything { buckets, rejected } = &mut *everything;
        rejected.sort_by_key(|rejected| rejected.line);
        let totals = Totals {
            orders: buckets.values().map(Statistics::orders).sum(),
            cups: buckets.values().map(Statistics::cups).sum(),
        };
        let mut document = Document::begin(BufWriter::new(io::stdout().lock()), totals)?;
        for rejected in rejected {
            document.rejected(rejected.line, &rejected.reason)?;
        }
        for (bucket, statistics) in buckets {
            document.bucket(*bucket, statistics)?;
        }
        document.end()?;
        Ok(())
    }
}
