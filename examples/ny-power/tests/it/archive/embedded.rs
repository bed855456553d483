//! The archive in a file.

use ny_power::archive::{self, Archive, Series};

use super::{month, suite};

async fn open(dir: &tempfile::TempDir) -> Box<dyn Archive> {
    archive::open(archive::EMBEDDED, dir.path()).await.unwrap()
}

#[tokio::test]
async fn it_holds_what_every_archive_holds() {
    let dir = tempfile::tempdir().unwrap();
    suite::holds(&*open(&dir).await).await;
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    for run in 0..3u8 {
        let archive = open(&dir).await;
        archive.store(&[suite::intensity(i64::from(run), f64::from(run))]).await.unwrap();
        let stored = suite::everything(&*archive, &Series::Intensity).await;
        assert_eq!(stored.len(), usize::from(run) + 1);
    }
}

#[tokio::test]
async fn two_programs_on_one_file_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(&dir).await;
    let error = archive::open("embedded", dir.path()).await.unwrap_err();
    let path = dir.path().join("archive.redb");
    assert_eq!(error.to_string(), format!("the archive {} is in use by another program", path.display()));
    assert!(!error.is_retriable());
}

#[tokio::test]
async fn the_windows_of_a_month_have_the_points_of_the_real_one() {
    let dir = tempfile::tempdir().unwrap();
    month::windows_have_the_points_of_the_recording(&*open(&dir).await).await;
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for address in ["", "Embedded", "http://localhost:8086", "influx:localhost", "redis://localhost"] {
        let error = archive::open(address, dir.path()).await.unwrap_err();
        let start = "the archive is `embedded` or influx://[user:password@]host[:port][/database]: ";
        assert!(error.to_string().starts_with(start), "{error}");
    }
}
