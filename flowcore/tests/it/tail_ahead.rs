//! Files with much to read, which the tail source reads ahead on another thread: real threads, real files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use flowcore::base::{Clock, TaskEnd, TaskSet};
use flowcore::ingest::Source;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::source::tail::LongLines;

use crate::probe_channel::ProbeChannel;
use crate::seeds::{Random, Seed};

/// What is delivered: body, generation, offset.
type Delivered = (Bytes, u64, u64);

/// A line that has its place in it: it stands nowhere else.
fn line(random: &mut Random, content: u64, offset: usize, most: usize) -> Vec<u8> {
    let mut line = format!("{content} {offset} ").into_bytes();
    line.resize(line.len().max(random.below(most)), b'.');
    line.push(b'\n');
    line
}

fn content(random: &mut Random, number: u64, size: usize, most: usize) -> Vec<u8> {
    let mut content = Vec::new();
    while content.len() < size {
        let next = line(random, number, content.len(), most);
        content.extend(next);
    }
    content
}

fn source(path: &Path) -> TailSource<Delivered> {
    TailSource::of([path], |line| (line.body.clone(), line.generation, line.offset))
        .watch(false)
        .poll_interval(Duration::from_millis(5))
        .max_line(1 << 20)
        .max_in_turn(None)
}

/// Lines of `content`, in order and with their offsets, from its start.
fn expect_lines(delivered: &[Delivered], content: &[u8]) {
    let mut offset = 0;
    for (body, _, at) in delivered {
        assert_eq!(usize::try_from(*at).unwrap(), offset);
        let end = offset + body.len();
        assert!(content[offset..end] == body[..] && content[end] == b'\n', "another line at {offset}");
        offset = end + 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_a_backlog_is_delivered_once_and_in_order_however_long_lines_are() {
    for (seed, most) in [60, 200, 3_000, 12_000, 60_000, 200_000].into_iter().cycle().take(18).enumerate() {
        let seed = seed as u64;
        let _told = Seed(seed);
        let mut random = Random::new(seed);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let size = 2_000_000 + random.below(3_000_000);
        let content = content(&mut random, 0, size, most);
        fs::write(&path, &content).unwrap();
        let channel = ProbeChannel::new();
        let (mut writer, _stop) = channel.writer();
        let batch = 1 + random.below(3_000);
        let mut source = source(&path).until_end(true).batch(batch, 1 << 20);
        source.run(&mut writer).await.unwrap();
        let delivered = channel.drain();
        expect_lines(&delivered, &content);
        assert_eq!(delivered.iter().map(|(body, ..)| body.len() + 1).sum::<usize>(), content.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_over_the_limit_are_split_alike_in_a_backlog() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let content = content(&mut Random::new(1), 0, 4_000_000, 500);
    fs::write(&path, &content).unwrap();
    let channel = ProbeChannel::new();
    let (mut writer, _stop) = channel.writer();
    let mut source = source(&path).until_end(true).max_line(100).long_lines(LongLines::Split);
    source.run(&mut writer).await.unwrap();
    let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let pieces: Vec<_> = lines.flat_map(|line| line.chunks(100)).collect();
    let delivered = channel.drain();
    assert_eq!(delivered.len(), pieces.len());
    for ((body, ..), piece) in delivered.iter().zip(pieces) {
        assert_eq!(body, piece);
    }
}

/// Another content in the place of the first one, as `copytruncate` and the writer after it make it: the
/// file is the same one.
fn write_anew(path: &Path, content: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).truncate(true).open(path).unwrap();
    content.chunks(300_000).for_each(|part| file.write_all(part).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_cut_off_while_it_is_read_ahead_is_read_from_its_start_and_no_line_is_mixed_up() {
    let mut cut_in_time = 0;
    for seed in 0..30 {
        let _told = Seed(seed);
        let mut random = Random::new(seed);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        let contents = [0, 1].map(|number| content(&mut random, number, 6_000_000, 200));
        fs::write(&path, &contents[0]).unwrap();
        let channel = ProbeChannel::new();
        let (mut writer, stop) = channel.writer();
        let mut tail = source(&path);
        let progress = tail.progress();
        let mut tasks = TaskSet::new();
        tasks.spawn("tail", async move { tail.run(&mut writer).await });
        // Somewhere in the first content.
        let far = random.below(6_000_000) as u64;
        let mut delivered: Vec<Delivered> = Vec::new();
        while progress.files().first().is_none_or(|file| file.read < far) {
            tokio::task::yield_now().await;
        }
        write_anew(&path, &contents[1]);
        let end = contents[1].len() - 1;
        while !delivered.last().is_some_and(|(body, _, at)| {
            body.starts_with(b"1 ") && usize::try_from(*at).unwrap() + body.len() == end
        }) {
            Clock::system().sleep(Duration::from_millis(1)).await;
            delivered.extend(channel.drain());
        }
        stop.send(true).unwrap();
        let (_, ended) = tasks.next().await.unwrap();
        assert!(matches!(ended, TaskEnd::Done(Ok(()))), "{ended:?}");
        delivered.extend(channel.drain());
        let first = delivered[0].1;
        let cut = delivered.iter().position(|(_, generation, _)| *generation != first).unwrap();
        let (old, new) = delivered.split_at(cut);
        expect_lines(old, &contents[0]);
        expect_lines(new, &contents[1]);
        cut_in_time +=
            usize::from(old.iter().map(|(body, ..)| body.len() + 1).sum::<usize>() < contents[0].len());
    }
    assert!(cut_in_time > 5, "{cut_in_time} files were cut off before they were read");
}
