//! The exec source with real commands.

use std::time::Duration;

use flowcore::base::{TaskEnd, TaskSet};
use flowcore::ingest::Source;
use flowcore::ingest::source::ExecSource;
use flowcore_testkit::{until, within};

use crate::probe_channel::ProbeChannel;

#[tokio::test]
async fn every_line_of_a_command_is_an_event() {
    let channel = ProbeChannel::with_transactions_of(2);
    let (mut writer, _stop) = channel.writer();
    let mut source =
        ExecSource::shell("printf 'a\\n\\nlonger\\n'; echo complaint >&2; printf last").max_line(4);
    source.run(&mut writer).await.unwrap();
    let events = channel.drain();
    let seen: Vec<_> = events.iter().map(|e| (&e.body[..], e.headers.get("truncated"))).collect();
    assert_eq!(seen, [(&b"a"[..], None), (b"", None), (b"long", Some("6")), (b"last", None)]);
}

#[tokio::test]
async fn a_bad_exit_is_an_error_that_names_the_code() {
    let channel = ProbeChannel::new();
    let (mut writer, _stop) = channel.writer();
    let error = ExecSource::shell("echo x; exit 3").run(&mut writer).await.unwrap_err();
    assert!(error.retries());
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "sh ended with exit status: 3");
    assert_eq!(channel.drain().len(), 1);
    let error = ExecSource::new("/nowhere/program", ["x"]).run(&mut writer).await.unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "cannot start /nowhere/program");
}

#[tokio::test]
async fn a_command_that_ends_is_started_again() {
    let channel = ProbeChannel::new();
    let (mut writer, stop) = channel.writer();
    let mut source = ExecSource::shell("echo again; exit 1").restart(Some(Duration::from_millis(1)));
    let mut tasks = TaskSet::new();
    tasks.spawn("exec", async move { source.run(&mut writer).await });
    let mut seen = 0;
    until(async || {
        seen += channel.drain().len();
        seen >= 3
    })
    .await;
    stop.send_replace(true);
    assert!(matches!(within(tasks.next()).await, Some((_, TaskEnd::Done(Ok(()))))));
}

/// Both ways: told to stop, and dropped.
#[tokio::test]
async fn the_command_and_what_it_started_are_killed() {
    for told in [true, false] {
        let channel = ProbeChannel::new();
        let (mut writer, stop) = channel.writer();
        let mut source = ExecSource::shell("sleep 1000 & echo $!; echo $$; wait");
        let mut tasks = TaskSet::new();
        tasks.spawn("exec", async move { source.run(&mut writer).await });
        let mut ids = Vec::new();
        until(async || {
            ids.extend(channel.drain().into_iter().map(|e| String::from_utf8(e.body.to_vec()).unwrap()));
            ids.len() >= 2
        })
        .await;
        if told {
            stop.send_replace(true);
        } else {
            tasks.abort_all();
        }
        within(tasks.next()).await.unwrap();
        until(async || !ids.iter().any(|id| is_running(id))).await;
    }
}

/// Neither gone nor a zombie that its new parent has not yet waited for.
fn is_running(id: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    status.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}
