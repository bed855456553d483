use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use coffee_orders::cover::{Cover, Place};
use coffee_orders::document::Document;
use coffee_orders::generator::{SplitMix, random_order};
use coffee_orders::order::Order;
use coffee_orders::rejects::{Rejected, RejectsFile};
use coffee_orders::statistics::Statistics;
use coffee_orders::store::{Closed, EmbeddedStore, Store};
use flowcore::base::FileIdentity;

const FILE: FileIdentity = FileIdentity { device: 1, inode: 7 };

/// 300 lines, every tenth of them no order, with their places.
fn input() -> Vec<(Place, u64, Vec<u8>)> {
    let mut start = 0;
    let line = |number: u64| {
        let text = if number % 10 == 3 { format!("nonsense {number}") } else { random_order(5, number) };
        let line = [text.as_bytes(), b"\n"].concat();
        let place = Place { file: FILE, generation: 0, start, end: start + line.len() as u64 };
        start = place.end;
        (place, number + 1, line)
    };
    (0..300).map(line).collect()
}

/// A run of the program: takes up where the store is, closes buckets now and then, and is killed after some
/// lines, before, while or after it commits.
async fn run(dir: &Path, random: &mut SplitMix) {
    let store = EmbeddedStore::open(&dir.join("store.redb")).await.unwrap();
    let stored = store.cover().await.unwrap();
    let mut rejects = RejectsFile::open(dir, &stored).unwrap();
    let (mut tasks, mut killed) =
        (vec![(Statistics::default(), Cover::default()); 2], 20 + random.below(120));
    let lines: Vec<_> = input().into_iter().filter(|(place, ..)| !stored.contains(*place)).collect();
    let mut names = ["20140928120000", "20140928120030", "20140928120100"].iter().cycle();
    for (index, (place, number, line)) in lines.iter().enumerate() {
        let (statistics, cover) = &mut tasks[usize::try_from(random.below(2)).unwrap()];
        if let Err(reject) = Order::parse(line).and_then(|order| statistics.count(&order)) {
            rejects
                .append(&Rejected::new("orders".as_ref(), *place, *number, reject.to_string(), line))
                .unwrap();
        }
        cover.insert(*place);
        killed -= 1;
        if killed == 0 {
            return;
        }
        if random.below(25) == 0 || index + 1 == lines.len() {
            rejects.sync().unwrap();
            let bucket = names.next().unwrap().parse().unwrap();
            let close = |(statistics, cover): &mut (Statistics, Cover)| {
                Arc::new(Closed { bucket, statistics: statistics.take(), cover: cover.take() })
            };
            let closed: Vec<_> = tasks.iter_mut().map(close).collect();
            store.commit(&closed).await.unwrap();
            for closed in &closed {
                rejects.committed(&closed.cover);
            }
        }
    }
}

#[tokio::test]
async fn however_often_it_is_killed_every_line_is_counted_or_rejected_exactly_once() {
    for seed in 0..20 {
        println!("seed {seed}");
        let dir = tempfile::tempdir().unwrap();
        let mut random = SplitMix::new(seed);
        let (input, mut runs) = (input(), 0);
        let whole = Place { end: input[299].0.end, ..input[0].0 };
        let store = loop {
            run(dir.path(), &mut random).await;
            runs += 1;
            assert!(runs < 200, "it does not get on");
            let store = EmbeddedStore::open(&dir.path().join("store.redb")).await.unwrap();
            if store.cover().await.unwrap().contains(whole) {
                break store;
            }
        };
        let mut all = Statistics::default();
        for (.., line) in input.iter().filter(|(.., line)| !line.starts_with(b"nonsense")) {
            all.count(&Order::parse(line).unwrap()).unwrap();
        }
        assert_eq!(sums(&store).await, all.tallies().map(|t| ((t.branch, t.dimension), t.counts)).collect());
        let totals = store.totals().await.unwrap();
        assert_eq!((totals.orders, totals.cups), (270, all.cups()));
        let (cover, mut rejected) = (store.cover().await.unwrap(), Vec::new());
        RejectsFile::read(dir.path(), Some(&cover), |line| rejected.push(line.line)).unwrap();
        rejected.sort_unstable();
        assert_eq!(rejected, (4..=300).step_by(10).collect::<Vec<u64>>());
    }
}

type Sums = BTreeMap<(String, coffee_orders::statistics::Dimension), BTreeMap<String, u64>>;

async fn sums(store: &EmbeddedStore) -> Sums {
    let mut sums = Sums::new();
    for bucket in store.buckets(None, 100).await.unwrap() {
        for tally in store.stored(bucket).await.unwrap() {
            let into = sums.entry((tally.branch, tally.dimension)).or_default();
            tally.counts.into_iter().for_each(|(name, count)| *into.entry(name).or_default() += count);
        }
    }
    sums
}

#[tokio::test]
async fn the_document_of_a_store_is_that_of_what_was_committed_whatever_the_parts() {
    let dir = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(&dir.path().join("store.redb")).await.unwrap();
    let names = ["20140928120000", "20140928120030"];
    let mut whole = names.map(|_| Statistics::default());
    for (index, part) in input().chunks(7).enumerate() {
        let (mut statistics, mut cover) = (Statistics::default(), Cover::default());
        for (place, _, line) in part {
            cover.insert(*place);
            let _ = Order::parse(line).and_then(|order| statistics.count(&order));
        }
        whole[index % 2].merge(&statistics);
        let bucket = names[index % 2].parse().unwrap();
        store.commit(&[Arc::new(Closed { bucket, statistics, cover })]).await.unwrap();
    }
    let totals = store.totals().await.unwrap();
    let mut stored = Document::begin(Vec::new(), totals).unwrap();
    stored.stored(&store).await.unwrap();
    let mut counted = Document::begin(Vec::new(), totals).unwrap();
    for (name, statistics) in names.iter().zip(&whole) {
        counted.bucket(name.parse().unwrap(), statistics).unwrap();
    }
    let text = String::from_utf8(stored.end().unwrap()).unwrap();
    assert_eq!(text, String::from_utf8(counted.end().unwrap()).unwrap());
    assert!(text.starts_with(r#"{"orders":270,"cups":"#), "{text}");
}
