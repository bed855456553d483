use std::fs;

use super::*;
use crate::generator::{SplitMix, random_order};
use crate::order::Order;
use crate::statistics::Statistics;

const FILE: FileIdentity = FileIdentity { device: 1, inode: 7 };

fn bucket(name: &str) -> BucketName {
    name.parse().unwrap()
}

/// The orders with these numbers, each ten bytes long.
fn closed(name: &str, numbers: impl IntoIterator<Item = u64>) -> Arc<Closed> {
    let (mut statistics, mut cover) = (Statistics::default(), Cover::default());
    for number in numbers {
        statistics.count(&Order::parse(random_order(1, number).as_bytes()).unwrap()).unwrap();
        cover.insert(Place { file: FILE, generation: 0, start: number * 10, end: number * 10 + 10 });
    }
    Arc::new(Closed { bucket: bucket(name), statistics, cover })
}

async fn store(dir: &tempfile::TempDir) -> EmbeddedStore {
    EmbeddedStore::open(&dir.path().join("store.redb")).await.unwrap()
}

async fn assert_holds(store: &EmbeddedStore, expected: &[Arc<Closed>]) {
    let mut cover = Cover::default();
    let mut totals = Totals::default();
    let mut buckets = BTreeMap::<BucketName, Statistics>::new();
    for closed in expected {
        cover.merge(&closed.cover);
        totals.orders += closed.statistics.orders();
        totals.cups += closed.statistics.cups();
        buckets.entry(closed.bucket).or_default().merge(&closed.statistics);
    }
    assert_eq!(store.cover().await.unwrap(), cover);
    assert_eq!(store.totals().await.unwrap(), totals);
    assert_eq!(store.buckets(None, 1000).await.unwrap(), buckets.keys().copied().collect::<Vec<_>>());
    for (bucket, statistics) in &buckets {
        assert_eq!(store.stored(*bucket).await.unwrap(), statistics.tallies().collect::<Vec<_>>());
    }
}

const FIRST: &str = "20140928120000";
const SECOND: &str = "20140928120030";

#[tokio::test]
async fn commits_add_up_and_are_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let all = [closed(FIRST, [0, 2, 4]), closed(FIRST, [1, 3]), closed(SECOND, 5..50)];
    let opened = store(&dir).await;
    opened.commit(&all[..2]).await.unwrap();
    opened.commit(&all[2..]).await.unwrap();
    assert_holds(&opened, &all).await;
    drop(opened);
    assert_holds(&store(&dir).await, &all).await;
}

#[tokio::test]
async fn a_commit_that_fails_on_the_way_has_done_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let first = closed(FIRST, 0..10);
    store.commit(&[Arc::clone(&first)]).await.unwrap();
    for twice in [9..12, 0..11, 5..6] {
        let new = [closed(SECOND, 20..30), closed(SECOND, twice.chain([15]))];
        let error = store.commit(&new).await.unwrap_err();
        assert!(error.to_string().ends_with("of file 1:7 would be counted twice"), "{error}");
        assert!(!error.is_retriable());
        assert_holds(&store, &[Arc::clone(&first)]).await;
    }
}

#[tokio::test]
async fn a_commit_that_is_tried_again_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let all = [closed(FIRST, [0, 1, 5]), closed(SECOND, [2, 7])];
    for _ in 0..3 {
        store.commit(&all).await.unwrap();
        store.commit(&all[1..]).await.unwrap();
    }
    assert_holds(&store, &all).await;
}

#[tokio::test]
async fn a_program_that_was_killed_finds_every_commit_and_nothing_of_the_one_that_was_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let opened = store(&dir).await;
    let first = closed(FIRST, 0..10);
    opened.commit(&[Arc::clone(&first)]).await.unwrap();
    let unfinished = opened.database.begin_write().unwrap();
    unfinished.open_table(META).unwrap().insert("orders", 999).unwrap();
    unfinished.open_table(COVER).unwrap().insert((1, 7, 0, 100), 200).unwrap();
    // The file as a kill at this moment leaves it, without the marks of an orderly end.
    let killed = tempfile::tempdir().unwrap();
    fs::copy(dir.path().join("store.redb"), killed.path().join("store.redb")).unwrap();
    let found = store(&killed).await;
    assert_holds(&found, &[Arc::clone(&first)]).await;
    let second = closed(SECOND, 10..20);
    found.commit(&[Arc::clone(&second)]).await.unwrap();
    assert_holds(&found, &[first, second]).await;
}

#[tokio::test]
async fn random_commits_in_any_order_hold_what_was_counted_and_one_range_of_lines() {
    for seed in 0..10 {
        println!("seed {seed}");
        let mut random = SplitMix::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let store = store(&dir).await;
        let mut parts = vec![Vec::new(); 12];
        for number in 0..100 {
            parts[usize::try_from(random.below(12)).unwrap()].push(number);
        }
        let names = [FIRST, SECOND, "20140928120100"];
        let mut all = Vec::new();
        for part in parts {
            all.push(closed(names[usize::try_from(random.below(3)).unwrap()], part));
            store.commit(&all[all.len() - 1..]).await.unwrap();
        }
        assert_holds(&store, &all).await;
        let lines = Place { file: FILE, generation: 0, start: 0, end: 1000 };
        let cover = store.database.begin_read().unwrap().open_table(COVER).unwrap();
        let ranges: Vec<_> = cover.iter().unwrap().map(|entry| entry.unwrap().1.value()).collect();
        assert_eq!((store.cover().await.unwrap().contains(lines), ranges), (true, vec![1000]));
    }
}

#[tokio::test]
async fn history_has_an_entry_for_each_bucket_and_gaps_are_empty() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let second = closed(SECOND, 0..40);
    store.commit(&[Arc::clone(&second)]).await.unwrap();
    let asked = [bucket(FIRST), bucket(SECOND), bucket("20140928120100")];
    let history = store.history("sunae", Dimension::PaymentMethods, &asked).await.unwrap();
    let expected = second.statistics.counts("sunae", Dimension::PaymentMethods);
    assert_eq!((history.len(), history[1].len()), (3, 3));
    assert!(history[0].is_empty() && history[2].is_empty());
    assert!(history[1].iter().map(|(name, count)| (name.as_str(), *count)).eq(expected));
    assert_eq!(store.branches().await.unwrap(), ["jeongja", "migeum", "seohyeon", "sunae"]);
    assert!(store.history("nobody", Dimension::Orders, &asked).await.unwrap().iter().all(BTreeMap::is_empty));
}

#[tokio::test]
async fn buckets_are_paged_in_order_and_lines_without_orders_make_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir).await;
    let names = [FIRST, SECOND, "20140928120100", "20140928120130"];
    let rejected = Closed { statistics: Statistics::default(), ..(*closed(names[3], 50..60)).clone() };
    let mut all: Vec<_> = names[..3].iter().zip(0..).map(|(name, n)| closed(name, n..=n)).collect();
    all.push(Arc::new(rejected));
    store.commit(&all).await.unwrap();
    assert_eq!(store.buckets(None, 2).await.unwrap(), [bucket(names[0]), bucket(names[1])]);
    assert_eq!(store.buckets(Some(bucket(names[1])), 2).await.unwrap(), [bucket(names[2])]);
    assert_eq!(store.buckets(Some(bucket(names[2])), 2).await.unwrap(), []);
    assert!(store.cover().await.unwrap().contains(Place { file: FILE, generation: 0, start: 500, end: 600 }));
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.redb");
    let first = store(&dir).await;
    let message = async || EmbeddedStore::open(&path).await.unwrap_err().to_string();
    assert_eq!(message().await, format!("the store {} is in use by another program", path.display()));

    let write = first.database.begin_write().unwrap();
    write.open_table(META).unwrap().insert("version", 9).unwrap();
    write.commit().unwrap();
    drop(first);
    let version = format!("the store {} has format 9, but this program reads format 2", path.display());
    assert_eq!(message().await, version);

    fs::write(&path, "coffee, please".repeat(1000)).unwrap();
    assert_eq!(message().await, format!("{} is no store of coffee orders", path.display()));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(message().await, format!("cannot open the store {}", path.display()));

    let other = dir.path().join("other.redb");
    let theirs = Database::create(&other).unwrap();
    let write = theirs.begin_write().unwrap();
    write.open_table(redb::TableDefinition::<u64, u64>::new("theirs")).unwrap();
    write.commit().unwrap();
    drop(theirs);
    let error = EmbeddedStore::open(&other).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} is no store of coffee orders", other.display()));
}

#[tokio::test]
async fn programs_that_make_the_store_at_once_leave_one_whole_store_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deeper/store.redb");
    let results = tokio::join!(EmbeddedStore::open(&path), EmbeddedStore::open(&path));
    assert!(results.0.is_ok() || results.1.is_ok(), "{results:?}");
    drop(results);
    EmbeddedStore::open(&path).await.unwrap();
    let names: Vec<_> =
        fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["store.redb"]);
}
