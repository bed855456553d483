use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flowcore::base::Clock;
use flowcore::event::Event;
use flowcore::process::{RunningTopology, TopologyBuilder, map};
use flowcore_redis::{ListConsumer, ListConsumerConfig, RedisConfig};

use super::Failure;
use crate::bucket::Bucketing;
use crate::queue::{QUEUE, QueueKeeper, Server};
use crate::topology::{self, CountSettings, LiveBuckets, QueueEntry};

/// Entries that are held before a part of their bucket is stored, though it is open.
const MOST_KEPT: usize = 20_000;

/// The counting half: queue, topology, buckets in the same Redis.
pub(super) struct Counting {
    pub(super) consumer: ListConsumer,
    pub(super) name: String,
    pub(super) stored: Arc<AtomicU64>,
    pub(super) rejected: Arc<AtomicU64>,
    pub(super) running: RunningTopology,
    pub(super) server: Server,
}

pub(super) fn start(
    url: &str,
    name: &str,
    dir: &Path,
    bucketing: Bucketing,
    clock: &Clock,
) -> Result<Counting, Failure> {
    let config = ListConsumerConfig::new(RedisConfig::new(url), QUEUE, name).batch(1_000).settled_elsewhere();
    let consumer = ListConsumer::new(config);
    let (stored, rejected) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let settings = CountSettings {
        bucketing,
        max_kept: MOST_KEPT / topology::COUNT_TASKS,
        live: Arc::new(LiveBuckets::default()),
        rejected: Arc::clone(&rejected),
    };
    let mut topology = TopologyBuilder::new("coffee-orders").clock(clock.clone());
    let from = consumer.clone();
    let events = topology.spout("queue", move || from.spout());
    let entries = topology
        .bolt("entries", || map(|event: &Event| QueueEntry::new(event.body.clone())))
        .shuffle(&events);
    let (url, dir, by, counts) = (url.to_owned(), dir.to_owned(), consumer.clone(), Arc::clone(&stored));
    // A wrong URL is said here, before anything starts.
    let server = Server::new(&url)?;
    let keeper = move || QueueKeeper::new(&url, dir.clone(), by.clone(), Arc::clone(&counts));
    topology::add_bolts(&mut topology, &entries, &settings, Arc::default(), keeper);
    let running = topology.build()?.start();
    Ok(Counting { consumer, name: name.to_owned(), stored, rejected, running, server })
}
