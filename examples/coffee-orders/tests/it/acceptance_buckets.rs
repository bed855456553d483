//! Buckets at their borders and in silence, through the topology in virtual time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use coffee_orders::bucket::{BucketName, Bucketing};
use coffee_orders::cover::Cover;
use coffee_orders::generator::SplitMix;
use coffee_orders::packet;
use coffee_orders::statistics::Tally;
use coffee_orders::topology::{Closed, CountSettings, FileLine, KeepError, Keeper, LiveBuckets, add_bolts};
use flowcore::base::{Clock, FileIdentity, Timestamp};
use flowcore::ingest::source::tail::Line;
use flowcore::process::TopologyBuilder;
use flowcore_testkit::{START, ScriptedSpout, simulate};

/// A line of an order in `branch`; its number tells where in the file it stands.
fn line(number: u64, branch: &str) -> FileLine {
    let text = format!(
        r#"{{"branch":"{branch}","customerAgeGrade":"2030","paymentMethod":"Cash","orders":["Mocha"]}}"#
    );
    let file = FileIdentity { device: 1, inode: 7 };
    FileLine::maker()(Line {
        body: Bytes::from(text),
        file,
        generation: 0,
        pattern: 0,
        path: Path::new("orders"),
        offset: number * 1_000,
        end: (number + 1) * 1_000,
        number: number + 1,
        truncated: None,
    })
}

/// Notes what is kept when.
#[derive(Clone)]
struct Notes {
    clock: Clock,
    kept: Arc<Mutex<Vec<(Timestamp, BucketName, Tally)>>>,
}

#[async_trait]
impl Keeper<FileLine> for Notes {
    async fn keep(&mut self, closed: &Closed<FileLine>) -> Result<(), KeepError> {
        let now = self.clock.now();
        self.kept
            .lock()
            .unwrap()
            .extend(closed.statistics.tallies().map(|tally| (now, closed.bucket, tally)));
        Ok(())
    }

    async fn kept(&mut self, _bucket: BucketName) -> Result<Vec<Tally>, KeepError> {
        Ok(Vec::new())
    }

    async fn publish(&mut self, _packets: Vec<packet::Statistics>) {}
}

/// Runs the script to its end: when each branch's orders were kept, in which bucket, and how many.
fn run(script: &ScriptedSpout<FileLine>, bucketing: &Bucketing) -> Vec<(Timestamp, String, String, u64)> {
    let kept = Arc::default();
    simulate(|clock| {
        let (notes, bucketing) = (Notes { clock: clock.clone(), kept: Arc::clone(&kept) }, bucketing.clone());
        async move {
            let mut topology = TopologyBuilder::new("coffee-orders").clock(clock);
            let lines = topology.spout("lines", script.factory());
            let (live, rejected) = (Arc::new(LiveBuckets::default()), Arc::new(AtomicU64::new(0)));
            let settings = CountSettings { bucketing, max_kept: 1_000_000, live, rejected };
            let covered = Arc::new(Cover::default());
            add_bolts(&mut topology, &lines, &settings, covered, move || notes.clone());
            topology.build().unwrap().run().await.unwrap();
        }
    });
    let kept = kept.lock().unwrap();
    let ages = kept.iter().filter(|(.., tally)| tally.dimension == packet::Dimension::CustomerAgeGrades);
    ages.map(|(at, bucket, tally)| (*at, tally.branch.clone(), bucket.to_string(), tally.counts["2030"]))
        .collect()
}

fn thirty(zone: &str) -> Bucketing {
    Bucketing::new(Duration::from_secs(30), zone).unwrap()
}

#[test]
fn an_order_at_29_999_and_one_at_30_000_land_in_different_buckets() {
    let script = ScriptedSpout::new()
        .wait(Duration::from_millis(29_999))
        .emit([line(0, "early")])
        .wait(Duration::from_millis(1))
        .emit([line(1, "late")])
        .wait(Duration::from_millis(29_999))
        .emit([line(2, "last")]);
    let kept = run(&script, &thirty("Asia/Seoul"));
    let bucket = |branch: &str| {
        let entry = kept.iter().find(|(_, of, ..)| of == branch);
        entry.map(|(_, _, bucket, count)| (bucket.as_str(), *count))
    };
    assert_eq!(bucket("early"), Some(("20140928210000", 1)));
    assert_eq!(bucket("late"), Some(("20140928210030", 1)));
    assert_eq!(bucket("last"), Some(("20140928210030", 1)));
    assert_eq!(script.acked().len(), 3);
}

#[test]
fn the_last_bucket_of_a_branch_that_falls_silent_is_stored_within_35_seconds() {
    for offset in [0, 1, 14_000, 29_998] {
        let script = ScriptedSpout::new()
            .wait(Duration::from_millis(offset))
            .emit([line(0, "silent")])
            .wait(Duration::from_mins(5))
            .emit([line(1, "loud")]);
        let kept = run(&script, &thirty("UTC"));
        let (at, ..) = kept.iter().find(|(_, branch, ..)| branch == "silent").unwrap();
        let ordered = START + Duration::from_millis(offset);
        assert!(at.since(ordered) <= Duration::from_secs(35), "{offset}: after {:?}", at.since(ordered));
        assert!(*at >= START + Duration::from_secs(30), "a bucket is stored when it is over");
    }
}

#[test]
fn every_bucket_is_a_multiple_of_thirty_seconds_and_holds_the_orders_of_its_time() {
    for (seed, zone) in (0..).zip(["UTC", "Asia/Seoul", "Asia/Kathmandu", "America/St_Johns"]) {
        println!("seed {seed}");
        let (mut random, bucketing) = (SplitMix::new(seed), thirty(zone));
        let (mut script, mut expected, mut now) = (ScriptedSpout::new(), BTreeMap::new(), START);
        for number in 0..400 {
            let longest = if random.below(20) == 0 { 70_000 } else { 2_000 };
            let pause = Duration::from_millis(random.below(longest));
            now = now + pause;
            script = script.wait(pause).emit([line(number, "sunae")]);
            *expected.entry(bucketing.name(now).unwrap().to_string()).or_insert(0) += 1;
        }
        let mut stored = BTreeMap::new();
        for (_, _, bucket, count) in run(&script, &bucketing).into_iter().filter(|(_, of, ..)| of == "all") {
            assert!(["00", "30"].contains(&&bucket[12..]), "{bucket}");
            *stored.entry(bucket).or_insert(0) += count;
        }
        assert_eq!(stored, expected, "{zone}");
    }
}
