//! The sink that writes files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore::event::Event;
use flowcore::ingest::sink::{EventSerializer, HeaderAndTextSerializer, RollingFileSink};
use flowcore::ingest::{ComponentContext, Sink};
use flowcore_testkit::CrashDisk;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let read = |entry: fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

fn events(bodies: &[&str]) -> Vec<Event> {
    bodies.iter().map(|body| Event::new(body.as_bytes().to_vec())).collect()
}

fn expect(folder: &Path, expected: &[(&str, &str)]) {
    let expected = expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    assert_eq!(files(folder), expected.collect());
}

async fn started(mut sink: RollingFileSink, clock: Clock) -> RollingFileSink {
    sink.start(&ComponentContext::new("files", clock)).await.unwrap();
    sink
}

#[tokio::test]
async fn a_file_is_in_use_until_it_is_full_and_names_are_never_used_twice() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Timestamp::from_millis(7));
    let new = || {
        RollingFileSink::new(folder.path().join("out")).names("e-", ".txt").roll_events(Some(2)).sync(true)
    };
    let out = folder.path().join("out");
    let mut sink = started(new(), clock.clone()).await;
    sink.deliver(&events(&["a", "b", "c"])).await.unwrap();
    expect(&out, &[("e-7-0.txt", "a\nb\n"), ("e-7-1.txt.tmp", "c\n")]);
    drop(sink);
    let mut sink = started(new(), clock).await;
    expect(&out, &[("e-7-0.txt", "a\nb\n"), ("e-7-1.txt", "c\n")]);
    sink.deliver(&events(&["d"])).await.unwrap();
    sink.stop().await.unwrap();
    expect(&out, &[("e-7-0.txt", "a\nb\n"), ("e-7-1.txt", "c\n"), ("e-7-2.txt", "d\n")]);
}

#[tokio::test]
async fn a_file_rolls_by_size_and_a_larger_event_has_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let sink = RollingFileSink::new(folder.path()).names("", "").roll_bytes(Some(4));
    let mut sink = started(sink, Clock::fixed(Timestamp::from_millis(1))).await;
    sink.deliver(&events(&["a", "b", "c", "larger", "d"])).await.unwrap();
    sink.stop().await.unwrap();
    expect(folder.path(), &[("1-0", "a\nb\n"), ("1-1", "c\n"), ("1-2", "larger\n"), ("1-3", "d\n")]);
}

#[tokio::test(start_paused = true)]
async fn a_file_rolls_by_age() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(Timestamp::from_millis(0));
    let sink = RollingFileSink::new(folder.path()).names("", "").roll_age(Some(Duration::from_secs(10)));
    let mut sink = started(sink, clock.clone()).await;
    sink.deliver(&events(&["a"])).await.unwrap();
    clock.sleep(Duration::from_secs(9)).await;
    sink.deliver(&events(&["b"])).await.unwrap();
    clock.sleep(Duration::from_secs(1)).await;
    sink.deliver(&events(&["c"])).await.unwrap();
    expect(folder.path(), &[("0-0", "a\nb\n"), ("10000-0.tmp", "c\n")]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("file");
    fs::write(&place, "not a folder").unwrap();
    let mut sink = RollingFileSink::new(&place);
    let error = sink.deliver(&events(&["a"])).await.unwrap_err();
    assert!(error.retries());
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.starts_with(&format!("cannot write {}", place.display())), "{cause}");
}

#[tokio::test]
async fn a_disk_that_is_full_for_long_leaves_no_empty_files() {
    let disk = CrashDisk::new();
    let mut sink = RollingFileSink::new("/out").on_disk(Arc::new(disk.clone())).in_use_suffix("");
    disk.limit_space(Some(5));
    sink.deliver(&events(&["one"])).await.unwrap();
    let first = disk.files();
    assert_eq!(first.len(), 1);
    for _ in 0..3 {
        sink.deliver(&events(&["two"])).await.unwrap_err();
        assert_eq!(disk.files(), first);
    }
    disk.limit_space(None);
    sink.deliver(&events(&["two"])).await.unwrap();
    let both: Vec<(PathBuf, usize)> = disk.files();
    assert_eq!(both.iter().map(|(_, length)| *length).collect::<Vec<_>>(), [4, 4]);
}

#[tokio::test]
async fn a_file_has_what_its_serializer_writes_and_rolls_by_that() {
    let folder = tempfile::tempdir().unwrap();
    let sink = RollingFileSink::new(folder.path()).names("", "").roll_bytes(Some(16));
    let sink = sink.serializer(HeaderAndTextSerializer::new());
    let mut sink = started(sink, Clock::fixed(Timestamp::from_millis(1))).await;
    let events = events(&["a", "b", "c"]).into_iter().map(|event| event.with_header("k", "v"));
    sink.deliver(&events.collect::<Vec<_>>()).await.unwrap();
    sink.stop().await.unwrap();
    expect(folder.path(), &[("1-0", "{k=v} a\n{k=v} b\n"), ("1-1", "{k=v} c\n")]);
}

struct WithTitle;

impl EventSerializer for WithTitle {
    fn begin(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"title;");
    }

    fn append(&self, event: &Event, out: &mut Vec<u8>) {
        out.extend_from_slice(&event.body);
    }
}

#[tokio::test]
async fn every_file_begins_with_what_its_serializer_says() {
    let folder = tempfile::tempdir().unwrap();
    let sink = RollingFileSink::new(folder.path()).names("", "").roll_events(Some(2)).serializer(WithTitle);
    let mut sink = started(sink, Clock::fixed(Timestamp::from_millis(1))).await;
    sink.deliver(&events(&["a"])).await.unwrap();
    sink.deliver(&events(&["b", "c"])).await.unwrap();
    sink.stop().await.unwrap();
    expect(folder.path(), &[("1-0", "title;ab"), ("1-1", "title;c")]);
}
