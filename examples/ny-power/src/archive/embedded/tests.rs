use std::fs;
use std::future::poll_fn;
use std::task::Poll;

use super::tables::META;
use super::*;

fn point(minute: i64, value: f64) -> Point {
    Point { series: Series::Intensity, at: Timestamp::from_second(minute * 60).unwrap(), value }
}

async fn values(archive: &EmbeddedArchive) -> Vec<f64> {
    let all = archive.range(&Series::Intensity, Timestamp::MIN, Timestamp::MAX).await.unwrap();
    all.into_iter().map(|(_, value)| value).collect()
}

#[tokio::test]
async fn a_program_that_was_killed_finds_what_was_stored_and_nothing_half_written() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let archive = EmbeddedArchive::open(&dir.path().join("a.redb")).await.unwrap();
    archive.store(&[point(1, 1.0), point(2, 2.0)]).await.unwrap();
    let unfinished = archive.database.begin_write().unwrap();
    unfinished.open_table(POINTS).unwrap().insert(("", 60_000), 99.0).unwrap();
    // The file as a kill at this moment leaves it, without the marks of an orderly end.
    fs::copy(dir.path().join("a.redb"), killed.path().join("a.redb")).unwrap();
    let found = EmbeddedArchive::open(&killed.path().join("a.redb")).await.unwrap();
    assert_eq!(values(&found).await, [1.0, 2.0]);
    found.store(&[point(3, 3.0)]).await.unwrap();
    assert_eq!(values(&found).await, [1.0, 2.0, 3.0]);
}

#[tokio::test]
async fn points_that_wait_for_a_write_are_written_together_also_when_some_callers_went_away() {
    let dir = tempfile::tempdir().unwrap();
    let archive = EmbeddedArchive::open(&dir.path().join("a.redb")).await.unwrap();
    // Another transaction: the first commit waits for it, and all others for the first.
    let busy = archive.database.begin_write().unwrap();
    let points: Vec<_> = (0..50).map(|minute| [point(minute, 1.0)]).collect();
    let mut stores: Vec<_> = points.iter().map(|point| archive.store(point)).collect();
    for store in &mut stores {
        assert!(poll_fn(|cx| Poll::Ready(store.as_mut().poll(cx).is_pending())).await);
    }
    // The leader, and some who wait.
    stores.drain(0..10);
    drop(busy);
    for store in stores {
        store.await.unwrap();
    }
    let kept = values(&archive).await.len();
    assert!((40..=50).contains(&kept), "{kept}");
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.redb");
    let first = EmbeddedArchive::open(&path).await.unwrap();
    let message = async || EmbeddedArchive::open(&path).await.unwrap_err().to_string();
    assert_eq!(message().await, format!("the archive {} is in use by another program", path.display()));

    let write = first.database.begin_write().unwrap();
    write.open_table(META).unwrap().insert("version", 9).unwrap();
    write.commit().unwrap();
    drop(first);
    let version = format!("the archive {} has format 9, but this program reads format 1", path.display());
    assert_eq!(message().await, version);

    fs::write(&path, "grams of carbon".repeat(1000)).unwrap();
    assert_eq!(message().await, format!("{} is no archive of ny-power", path.display()));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(message().await, format!("cannot open the archive {}", path.display()));

    let other = dir.path().join("other.redb");
    let theirs = Database::create(&other).unwrap();
    let write = theirs.begin_write().unwrap();
    write.open_table(redb::TableDefinition::<u64, u64>::new("theirs")).unwrap();
    write.commit().unwrap();
    drop(theirs);
    let error = EmbeddedArchive::open(&other).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} is no archive of ny-power", other.display()));
}

#[tokio::test]
async fn programs_that_make_the_file_at_once_leave_one_whole_file_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deeper/a.redb");
    let results = tokio::join!(EmbeddedArchive::open(&path), EmbeddedArchive::open(&path));
    assert!(results.0.is_ok() || results.1.is_ok(), "{results:?}");
    drop(results);
    EmbeddedArchive::open(&path).await.unwrap();
    let names: Vec<_> =
        fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["a.redb"]);
}
