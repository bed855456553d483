//! The tail source, one behaviour after the other, on real files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use flowcore::base::{Clock, DeliveryError, LossKind, TaskEnd, TaskSet};
use flowcore::event::Event;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::source::tail::LongLines;
use flowcore::ingest::{ComponentContext, Source, SourceError};
use flowcore_testkit::{until, within};

use crate::probe_channel::ProbeChannel;

fn append(path: &Path, text: impl AsRef<[u8]>) {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_ref()).unwrap();
}

fn bodies(channel: &ProbeChannel<Event>) -> Vec<String> {
    let events = channel.drain();
    events.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()).collect()
}

/// Runs the source to the end of its files, acknowledges everything, and stops it.
async fn read_all(
    mut source: TailSource,
    channel: &std::sync::Arc<ProbeChannel<Event>>,
) -> Result<(), SourceError> {
    let (mut writer, _stop) = channel.writer();
    source.run(&mut writer).await?;
    channel.tokens().into_iter().for_each(flowcore::base::Token::ack);
    source.stop().await
}

fn to_end(path: &Path) -> TailSource {
    TailSource::new([path]).until_end(true).watch(false)
}

#[tokio::test]
async fn a_run_until_the_end_reads_everything_and_a_last_line_without_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.txt");
    append(&path, "one\n\nthree\r\nfour");
    let channel = ProbeChannel::new();
    let source = to_end(&path).positions(folder.path().join("p.json"));
    let progress = source.progress();
    read_all(source, &channel).await.unwrap();
    assert_eq!(bodies(&channel), ["one", "", "three\r", "four"]);
    assert!(progress.is_committed());
    let file = &progress.files()[0];
    assert_eq!((file.read, file.committed, file.lines, file.committed_lines), (16, 16, 4, 4));
    assert_eq!(progress.lines(), 4);

    append(&path, "\nfive\n");
    read_all(to_end(&path).positions(folder.path().join("p.json")), &channel).await.unwrap();
    assert_eq!(bodies(&channel), ["five"], "the late newline is no line");
}

#[tokio::test]
async fn headers_say_where_a_line_stood() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    append(&path, b"one\ntw\xff\n");
    let channel = ProbeChannel::new();
    read_all(to_end(&path).with_position_headers(), &channel).await.unwrap();
    let events = channel.drain();
    assert_eq!(&events[1].body[..], b"tw\xff");
    let headers = &events[1].headers;
    let metadata = fs::metadata(&path).unwrap();
    let identity = {
        use std::os::unix::fs::MetadataExt;
        format!("{}:{}:0", metadata.dev(), metadata.ino())
    };
    assert_eq!(headers.get("file"), Some(identity.as_str()));
    assert_eq!(headers.get("path"), path.to_str());
    assert_eq!(
        [headers.get("offset"), headers.get("end"), headers.get("line")],
        [Some("4"), Some("8"), Some("2")]
    );
    assert_eq!(headers.get("truncated"), None);
}

#[tokio::test]
async fn a_line_over_the_limit_is_cut_marked_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    for length in [9, 10, 11, 500, 70_000, 10_000_000] {
        append(&path, "y".repeat(length) + "\n");
    }
    append(&path, "end\n");
    append(&path, "z".repeat(300_000));
    let channel = ProbeChannel::new();
    let source = to_end(&path).max_line(10).with_position_headers();
    let progress = source.progress();
    read_all(source, &channel).await.unwrap();
    let events = channel.drain();
    let seen: Vec<_> =
        events.iter().map(|e| (e.body.len(), e.headers.get("truncated"), e.headers.get("line"))).collect();
    assert_eq!(
        seen,
        [
            (9, None, Some("1")),
            (10, None, Some("2")),
            (10, Some("11"), Some("3")),
            (10, Some("500"), Some("4")),
            (10, Some("70000"), Some("5")),
            (10, Some("10000000"), Some("6")),
            (3, None, Some("7")),
            (10, Some("300000"), Some("8")),
        ]
    );
    assert_eq!(progress.long_lines(), 5);
    assert_eq!(progress.files()[0].read, fs::metadata(&path).unwrap().len());

    read_all(to_end(&path).max_line(10).long_lines(LongLines::Skip), &channel).await.unwrap();
    assert_eq!(bodies(&channel), ["y".repeat(9), "y".repeat(10), "end".into()]);
}

#[tokio::test]
async fn a_return_before_a_newline_belongs_to_the_end_of_the_line_if_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    append(&path, "0123456789\r\n\r\none\r\r\na\rb\n\n0123456789+\r\nend\r");
    let channel = ProbeChannel::new();
    read_all(to_end(&path).max_line(10).crlf(true).with_position_headers(), &channel).await.unwrap();
    let events = channel.drain();
    let seen: Vec<_> = events.iter().map(|e| (&e.body[..], e.headers.get("truncated"))).collect();
    let whole = |body: &'static str| (body.as_bytes(), None);
    let expected = ["0123456789", "", "one\r", "a\rb", ""].map(whole);
    assert_eq!(seen[..5], expected);
    assert_eq!(seen[5..], [(&b"0123456789"[..], Some("11")), whole("end\r")]);
    let ends: Vec<_> = events.iter().filter_map(|e| e.headers.get("end")).collect();
    assert_eq!(ends, ["12", "14", "20", "24", "25", "38", "42"]);

    read_all(to_end(&path), &channel).await.unwrap();
    assert_eq!(bodies(&channel)[..2], ["0123456789\r", "\r"]);
}

#[tokio::test]
async fn lines_cross_chunks_of_every_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let lines: Vec<String> =
        (0..3000).map(|n: usize| format!("{n}:{}", "q".repeat(n * 7919 % 997))).collect();
    append(&path, lines.join("\n") + "\n");
    let channel = ProbeChannel::new();
    read_all(to_end(&path), &channel).await.unwrap();
    assert!(bodies(&channel) == lines);
}

#[tokio::test]
async fn from_the_end_skips_what_is_there_at_the_first_start_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.log"), folder.path().join("new.log"));
    append(&old, "before\n");
    let channel = ProbeChannel::new();
    let source =
        || to_end(&folder.path().join("*.log")).from_end(true).positions(folder.path().join("p.json"));
    read_all(source(), &channel).await.unwrap();
    assert_eq!(bodies(&channel), [""; 0]);
    append(&old, "after\n");
    append(&new, "all of it\n");
    read_all(source(), &channel).await.unwrap();
    let mut seen = bodies(&channel);
    seen.sort();
    assert_eq!(seen, ["after", "all of it"]);
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    append(&path, "1\n2\n3\n4\n");
    let channel = ProbeChannel::new();
    let mut source = to_end(&path).batch(1, 1024).positions(folder.path().join("p.json"));
    let (mut writer, _stop) = channel.writer();
    source.run(&mut writer).await.unwrap();
    assert_eq!(bodies(&channel), ["1", "2", "3", "4"]);
    let mut tokens = channel.tokens().into_iter();
    tokens.next().unwrap().ack();
    tokens.next().unwrap().fail(DeliveryError::new("sink", LossKind::Failed));
    tokens.next().unwrap().ack();
    tokens.next().unwrap().ack();
    source.stop().await.unwrap();
    read_all(to_end(&path).positions(folder.path().join("p.json")), &channel).await.unwrap();
    assert_eq!(bodies(&channel), ["2", "3", "4"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_delivery_ends_the_run_with_an_error_that_names_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    append(&path, "1\n2\n");
    let channel = ProbeChannel::new();
    let (mut writer, _stop) = channel.writer();
    let mut source = TailSource::new([&path]).watch(false);
    let mut tasks = TaskSet::new();
    tasks.spawn("tail", async move { source.run(&mut writer).await });
    Clock::system().sleep(Duration::from_millis(1)).await;
    let rejected = DeliveryError::new("bolt", LossKind::Rejected);
    channel.tokens().remove(0).fail(rejected);
    Clock::system().sleep(Duration::from_secs(5)).await;
    append(&path, "3\n");
    Clock::system().sleep(Duration::from_secs(5)).await;
    assert_eq!(bodies(&channel), ["1", "2", "3"], "what was rejected for good is not read again");
    drop(channel.tokens());
    let Some((_, TaskEnd::Done(Err(error)))) = tasks.next().await else { panic!("it goes on") };
    assert!(error.retries());
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, format!("lines of {} before offset 6 were not delivered", path.display()));
}

#[tokio::test]
async fn batches_shrink_to_what_a_transaction_takes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let lines: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    append(&path, lines.join("\n"));
    let channel = ProbeChannel::with_transactions_of(7);
    read_all(to_end(&path).positions(folder.path().join("p.json")), &channel).await.unwrap();
    assert_eq!(bodies(&channel), lines);

    let channel = ProbeChannel::with_transactions_of(0);
    let error = read_all(to_end(&path), &channel).await.unwrap_err();
    assert!(!error.retries(), "{error:?}");
}

#[tokio::test]
async fn a_damaged_file_of_positions_is_an_error_that_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let positions = folder.path().join("p.json");
    let start = async |text: &str| {
        fs::write(&positions, text).unwrap();
        let mut source = TailSource::new([folder.path().join("a.log")]).positions(&positions).watch(false);
        let error = source.start(&ComponentContext::new("tail", Clock::system())).await.unwrap_err();
        assert!(!error.retries());
        let cause = std::error::Error::source(&error).unwrap();
        (cause.to_string(), cause.source().map(ToString::to_string))
    };
    let (message, cause) = start("{\n\"version\": x").await;
    assert_eq!(message, format!("{} is no file of positions", positions.display()));
    assert!(cause.unwrap().contains("line 2 column 12"));
    let (message, _) = start("{\"version\": 2, \"files\": []}").await;
    assert!(message.ends_with("has positions of version 2, and this program knows version 1"));
}

#[tokio::test]
async fn more_files_than_allowed_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.log", "b.log", "c.log"] {
        append(&folder.path().join(name), "x\n");
    }
    let channel = ProbeChannel::new();
    let source = to_end(&folder.path().join("*.log")).max_files(2);
    let error = read_all(source, &channel).await.unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "more than 2 files match");
}

/// In real time: the system's notification is what is tested. Polling would take an hour.
#[tokio::test]
async fn a_notification_wakes_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let channel = ProbeChannel::new();
    let (mut writer, stop) = channel.writer();
    let mut source = TailSource::new([folder.path().join("*.log")]).poll_interval(Duration::from_hours(1));
    let progress = source.progress();
    let mut tasks = TaskSet::new();
    tasks.spawn("tail", async move { source.run(&mut writer).await });
    for (line, name) in [("0", "a.log"), ("1", "a.log"), ("2", "b.log")] {
        until(async || progress.is_committed()).await;
        append(&folder.path().join(name), format!("{line}\n"));
        let mut seen = Vec::new();
        until(async || {
            seen.extend(bodies(&channel));
            !seen.is_empty()
        })
        .await;
        assert_eq!(seen, [line]);
        channel.tokens().into_iter().for_each(flowcore::base::Token::ack);
    }
    stop.send_replace(true);
    assert!(matches!(within(tasks.next()).await, Some((_, TaskEnd::Done(Ok(()))))));
}

#[tokio::test(start_paused = true)]
async fn a_renamed_file_is_left_when_it_was_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let (path, renamed) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
    let positions = folder.path().join("p.json");
    let wait = Duration::from_secs(5);
    let channel = ProbeChannel::new();
    let (mut writer, _stop) = channel.writer();
    let mut source = TailSource::new([&path]).positions(&positions).rotate_wait(wait).watch(false);
    let progress = source.progress();
    let mut tasks = TaskSet::new();
    tasks.spawn("tail", async move { source.run(&mut writer).await });
    let passes = async |time| {
        Clock::system().sleep(time).await;
        channel.tokens().into_iter().for_each(flowcore::base::Token::ack);
    };

    append(&path, "one\ntw");
    passes(wait).await;
    fs::rename(&path, &renamed).unwrap();
    passes(Duration::from_secs(4)).await;
    assert_eq!(bodies(&channel), ["one"], "its writer may still end the line");
    append(&renamed, "o\nthr");
    passes(Duration::from_secs(4)).await;
    assert_eq!(bodies(&channel), ["two"]);
    assert_eq!(progress.files().len(), 1);
    passes(wait).await;
    passes(wait).await;
    assert_eq!(bodies(&channel), ["thr"]);
    assert_eq!(progress.files(), []);
    assert!(!fs::read_to_string(&positions).unwrap().contains("a.log"), "nothing is left to go on with");
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_appears_later_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let later = folder.path().join("later");
    let channel = ProbeChannel::new();
    let (mut writer, _stop) = channel.writer();
    let mut source = TailSource::new([later.join("?.log"), later.join("other")]);
    let mut tasks = TaskSet::new();
    tasks.spawn("tail", async move { source.run(&mut writer).await });
    Clock::system().sleep(Duration::from_secs(3)).await;
    fs::create_dir(&later).unwrap();
    append(&later.join("a.log"), "a\n");
    append(&later.join("other"), "other\n");
    append(&later.join("ignored.log"), "ignored\n");
    Clock::system().sleep(Duration::from_secs(3)).await;
    assert_eq!(bodies(&channel), ["a", "other"]);
}
