//! The content of a file that was cut off keeps its name, also when the source is killed at once.

use std::fs;
use std::path::Path;
use std::time::Duration;

use flowcore::base::{Clock, TaskSet};
use flowcore::ingest::Source;
use flowcore::ingest::source::TailSource;

use crate::probe_channel::ProbeChannel;
use crate::tail_places::{Place, place};

/// Runs a source that saves nothing by itself, tells what came, and kills it.
async fn run(folder: &Path, texts: &[&str]) -> Vec<(String, Place)> {
    let channel = ProbeChannel::new();
    let mut source = TailSource::of([folder.join("a.log")], |line| {
        (String::from_utf8_lossy(&line.body).into_owned(), place(&line))
    })
    .positions(folder.join("positions.json"))
    .watch(false)
    .save_every(Duration::from_hours(1));
    let (mut writer, _stop) = channel.writer();
    let mut tasks = TaskSet::new();
    tasks.spawn("tail", async move { source.run(&mut writer).await });
    let mut came = Vec::new();
    for text in texts.iter().map(Some).chain([None]) {
        if let Some(text) = text {
            fs::write(folder.join("a.log"), format!("{text}\n")).unwrap();
        }
        Clock::system().sleep(Duration::from_secs(5)).await;
        came.extend(channel.drain());
        channel.tokens().into_iter().for_each(flowcore::base::Token::ack);
    }
    tasks.abort_all();
    while tasks.next().await.is_some() {}
    came
}

#[tokio::test(start_paused = true)]
async fn a_file_cut_off_twice_has_the_same_generation_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let before = run(folder.path(), &["first", "the second", "third"]).await;
    let generations: Vec<_> =
        before.iter().map(|(text, (_, generation, _))| (&text[..], *generation)).collect();
    assert_eq!(generations, [("first", 0), ("the second", 1), ("third", 2)]);
    assert_eq!(run(folder.path(), &[]).await, before[2..]);
}
