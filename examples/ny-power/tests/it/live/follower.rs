//! The follower against a server that says what a test has it say.

use std::io::{Cursor, Write};
use std::time::Duration;

use flowcore::base::Clock;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use ny_power::http::HttpLimits;
use ny_power::live::{Event, Follower, PollConfig, Trouble};

use super::operator::{Received, file, instants, midnight, name};
use super::poll::local;
use crate::http::server::{Reply, ScriptedServer, answer};

const DAY: Date = date(2016, 4, 15);
/// For the head of an answer, and for its body.
const TIME: Duration = Duration::from_secs(1);

/// Follows at noon, with pauses that a test can wait for.
fn follower(server: &ScriptedServer) -> Follower {
    backlog(server, 0)
}

fn backlog(server: &ScriptedServer, days: u16) -> Follower {
    let config = PollConfig {
        backlog_days: days,
        interval: Duration::from_millis(10),
        backoff: flowcore::base::Backoff::new(Duration::from_millis(10), Duration::from_millis(20)),
        ..PollConfig::default()
    };
    let limits = HttpLimits { head: TIME, body: TIME, body_bytes: 100_000, ..HttpLimits::default() };
    let folder = server.url("/public/csv/rtfuelmix/").parse().unwrap();
    Follower::new(folder, config, Clock::starting_at(local(DAY, 12, 0))).limits(limits)
}

fn whole(intervals: i64, headers: &[&str]) -> Reply {
    answer("200 OK", headers, file(DAY, midnight(DAY) + (5 * intervals).minutes()))
}

async fn rows(follower: &mut Follower, received: &mut Received) {
    match follower.next().await {
        Event::Rows(rows) => received.read(&rows),
        Event::Trouble(trouble) => panic!("{trouble:?}"),
    }
}

async fn trouble(follower: &mut Follower) -> Trouble {
    match follower.next().await {
        Event::Trouble(trouble) => trouble,
        Event::Rows(rows) => panic!("{rows:?}"),
    }
}

#[tokio::test]
async fn a_growing_file_is_asked_for_by_its_version_and_its_new_rows_are_given() {
    let date = "Fri, 15 Apr 2016 16:00:00 GMT";
    let server = ScriptedServer::start([
        whole(3, &["ETag: \"a\"", &format!("Last-Modified: {date}")]),
        answer("304 Not Modified", &[], ""),
        answer("304 Not Modified", &[], ""),
        whole(4, &["ETag: \"b\""]),
        whole(6, &[]),
        answer("503 Service Unavailable", &[], ""),
    ])
    .await;
    let (mut follower, mut received) = (follower(&server), Received::default());
    for expected in [3, 4, 6] {
        rows(&mut follower, &mut received).await;
        assert_eq!(received.instants.len(), expected);
    }
    assert_eq!(received.refused, Vec::<String>::new());
    assert_eq!(trouble(&mut follower).await.reason, "it answered 503 Service Unavailable");
    let asked = server.requests();
    let conditions = |request: &str| {
        let is_condition = |line: &&str| line.starts_with("if-");
        request.lines().filter(is_condition).collect::<Vec<_>>().join(", ")
    };
    assert!(asked[0].starts_with("GET /public/csv/rtfuelmix/20160415rtfuelmix.csv HTTP/1.1"), "{}", asked[0]);
    assert_eq!(conditions(&asked[0]), "");
    for asked in &asked[1..4] {
        assert_eq!(conditions(asked), format!("if-none-match: \"a\", if-modified-since: {date}"));
    }
    assert_eq!(conditions(&asked[4]), "if-none-match: \"b\"");
    assert_eq!(conditions(&asked[5]), "");
}

#[tokio::test]
async fn after_every_kind_of_failure_the_next_poll_recovers() {
    let (cut, length) = (file(DAY, midnight(DAY) + 30.minutes()), 5000);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let torn = "the answer of http://HOST/public/csv/rtfuelmix/20160415rtfuelmix.csv broke off or is no HTTP";
    let late = "from http://HOST/public/csv/rtfuelmix/20160415rtfuelmix.csv within 1 s";
    for (reply, reason) in [
        (answer("404 Not Found", &[], "<html>"), "it is not there"),
        (answer("403 Forbidden", &[], ""), "it answered 403 Forbidden"),
        (answer("500 Internal Server Error", &[], ""), "it answered 500 Internal Server Error"),
        (answer("200 OK", &[], "<html>Sorry</html>"), "it is a web page, not a file of the fuel mix"),
        (answer("304 Not Modified", &[], ""), "it answered that nothing has changed, to who knows nothing"),
        (Reply::Bytes(format!("{head}{}", &cut[..1000]).into_bytes()), torn),
        (Reply::Bytes(b"nonsense\r\n\r\n".to_vec()), torn),
        (Reply::Bytes(Vec::new()), torn),
        (Reply::Stall(format!("{head}{}", &cut[..1000]).into_bytes()), &format!("no whole body {late}")),
        (Reply::Stall(Vec::new()), &format!("no answer {late}")),
        (
            Reply::Endless(format!("HTTP/1.1 200 OK\r\n\r\n{cut}").into_bytes()),
            "the answer of http://HOST/public/csv/rtfuelmix/20160415rtfuelmix.csv has more than 100000 bytes",
        ),
        (
            answer("302 Found", &["Location: ftp://host/"], ""),
            "http://HOST/public/csv/rtfuelmix/20160415rtfuelmix.csv leads elsewhere: \
             to no address that is followed from there",
        ),
    ] {
        let server = ScriptedServer::start([reply, whole(6, &[])]).await;
        let (mut follower, mut received) = (follower(&server), Received::default());
        let told = trouble(&mut follower).await;
        let shown = told.reason.replace(&format!("127.0.0.1:{}", server.port()), "HOST");
        assert!(shown.starts_with(reason), "{shown}\n{reason}");
        assert_eq!((&*told.file, told.given_up), (&*name(DAY), false));
        rows(&mut follower, &mut received).await;
        assert_eq!((received.instants.len(), received.refused.len()), (6, 0));
    }
}

#[tokio::test]
async fn half_a_row_is_no_message_and_is_whole_the_next_time() {
    let text = file(DAY, midnight(DAY) + 15.minutes());
    let server = ScriptedServer::start([
        answer("200 OK", &["ETag: \"1\""], &text[..text.len() - 3]),
        answer("200 OK", &["ETag: \"1\""], &text),
    ])
    .await;
    let (mut follower, mut received) = (follower(&server), Received::default());
    for expected in [2, 3] {
        rows(&mut follower, &mut received).await;
        assert_eq!(received.instants.len(), expected);
    }
    assert_eq!(received.refused, Vec::<String>::new());
    // The file may have been met while it was written: its version says nothing.
    assert!(!server.requests()[1].contains("if-none-match"));
}

#[tokio::test]
async fn a_redirect_is_followed_and_the_operator_is_asked_again_the_next_time() {
    let other = ScriptedServer::start([whole(2, &[]), whole(3, &[])]).await;
    let moved = format!("Location: {}", other.url("/mirror.csv"));
    let server = ScriptedServer::start([answer("302 Found", &[&moved], "")]).await;
    let (mut follower, mut received) = (follower(&server), Received::default());
    for expected in [2, 3] {
        rows(&mut follower, &mut received).await;
        assert_eq!(received.instants.len(), expected);
    }
    assert_eq!((server.requests().len(), other.requests().len()), (2, 2));
}

#[tokio::test]
async fn a_wait_that_is_dropped_loses_nothing() {
    let server = ScriptedServer::start((1..=6).map(|count| whole(count, &[]))).await;
    let (mut follower, mut received) = (follower(&server), Received::default());
    while received.instants.len() < 6 {
        let waited = tokio::time::timeout(Duration::from_millis(3), follower.next()).await;
        match waited {
            Ok(Event::Rows(rows)) => received.read(&rows),
            Ok(Event::Trouble(trouble)) => panic!("{trouble:?}"),
            Err(_) => {}
        }
    }
    assert_eq!(received.refused, Vec::<String>::new());
}

/// A zip with these files.
fn zip(files: &[(String, String)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn days_that_are_no_files_any_more_come_from_the_zip_of_their_month() {
    let days: Vec<_> = (1..=3).rev().map(|ago| DAY.saturating_sub(ago.days())).collect();
    // One of them is in neither.
    let day = |date: Date| (name(date), file(date, jiff::Timestamp::MAX));
    let month = zip(&[day(days[0]), day(days[2])]);
    let missing = || answer("404 Not Found", &[], "");
    let server = ScriptedServer::start([
        missing(),
        answer("200 OK", &[], &month[..month.len() / 2]),
        missing(),
        answer("200 OK", &[], &month),
        missing(),
        missing(),
        missing(),
        whole(2, &[]),
    ])
    .await;
    let (mut follower, mut received) = (backlog(&server, 3), Received::default());
    let torn = trouble(&mut follower).await.reason;
    assert!(torn.starts_with("20160401rtfuelmix_csv.zip: it cannot be unpacked: "), "{torn}");
    rows(&mut follower, &mut received).await;
    let absent = [trouble(&mut follower).await, trouble(&mut follower).await];
    for (trouble, given_up) in absent.iter().zip([false, true]) {
        let told = (&*trouble.file, trouble.reason.as_str(), trouble.given_up);
        assert_eq!(told, (&*name(days[1]), "it is not there", given_up));
    }
    for _ in 0..2 {
        rows(&mut follower, &mut received).await;
    }
    let expected: Vec<_> =
        [instants(days[0]), instants(days[2]), instants(DAY)[..2].to_vec()].into_iter().flatten().collect();
    assert_eq!(received.instants, expected);
    let asked: Vec<_> =
        server.requests().iter().map(|r| r.split(['/', ' ']).nth(5).unwrap().to_owned()).collect();
    assert_eq!(asked.iter().filter(|file| *file == "20160401rtfuelmix_csv.zip").count(), 2, "{asked:?}");
}
