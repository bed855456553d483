//! A tail source that follows more files than it may have open.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flowcore::base::{Clock, Disk, DiskEntry, DiskFile, FileIdentity, TaskSet, Token};
use flowcore::event::Event;
use flowcore::ingest::Source;
use flowcore::ingest::source::TailSource;
use tokio::sync::watch;

use crate::memory_disk::MemoryDisk;
use crate::probe_channel::ProbeChannel;

const FOLDER: &str = "/logs";
/// Of the system's: there are too many open files.
const EMFILE: i32 = 24;

/// A disk that has only so many files open.
#[derive(Debug)]
struct FewFiles {
    disk: MemoryDisk,
    most: usize,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    peak: AtomicUsize,
    refused: AtomicUsize,
}

#[derive(Debug)]
struct Counted(Box<dyn DiskFile>, Arc<Counts>);

impl FewFiles {
    fn of(most: usize) -> Arc<Self> {
        Arc::new(Self { disk: MemoryDisk::default(), most, counts: Arc::default() })
    }

    fn write(&self, name: &str, text: &str) {
        self.disk.write(&path(name), text.as_bytes());
    }

    fn peak(&self) -> usize {
        self.counts.peak.load(Ordering::Relaxed)
    }
}

impl Disk for FewFiles {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.disk.open(path)?;
        let open = self.counts.open.fetch_add(1, Ordering::Relaxed) + 1;
        let file = Counted(file, Arc::clone(&self.counts));
        if open > self.most {
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
            return Err(io::Error::from_raw_os_error(EMFILE));
        }
        self.counts.peak.fetch_max(open, Ordering::Relaxed);
        Ok(Box::new(file))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.disk.append(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        self.disk.list(folder)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.disk.read(path, limit)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.disk.replace(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }
}

impl DiskFile for Counted {
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, into)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync()
    }

    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn identity(&self) -> io::Result<FileIdentity> {
        self.0.identity()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

fn source(disk: &Arc<FewFiles>) -> TailSource {
    TailSource::new([path("*.log")]).on_disk(Arc::clone(disk) as _).watch(false)
}

/// A source that follows its files in virtual time, and what it brought.
struct Following {
    channel: Arc<ProbeChannel<Event>>,
    lines: Vec<String>,
    _tasks: TaskSet<()>,
    _stop: watch::Sender<bool>,
}

impl Following {
    fn start(mut source: TailSource) -> Self {
        let channel = ProbeChannel::new();
        let (mut writer, stop) = channel.writer();
        let mut tasks = TaskSet::new();
        tasks.spawn("tail", async move { source.run(&mut writer).await.unwrap() });
        Self { channel, lines: Vec::new(), _tasks: tasks, _stop: stop }
    }

    async fn wait(&mut self, time: Duration) {
        Clock::system().sleep(time).await;
        self.channel.tokens().into_iter().for_each(Token::ack);
        let events = self.channel.drain();
        self.lines.extend(events.iter().map(|event| String::from_utf8_lossy(&event.body).into_owned()));
    }

    /// Waits for exactly these lines, in any order, and a while longer.
    async fn expect(&mut self, mut lines: Vec<String>) {
        for _ in 0..10_000 {
            if self.lines.len() >= lines.len() {
                break;
            }
            self.wait(Duration::from_millis(100)).await;
        }
        self.wait(Duration::from_secs(20)).await;
        let mut got = std::mem::take(&mut self.lines);
        got.sort();
        lines.sort();
        assert_eq!(got, lines);
    }
}

fn names() -> impl Iterator<Item = String> {
    (0..50).map(|number| format!("{number}.log"))
}

async fn all_files_are_followed(disk: Arc<FewFiles>, source: TailSource) {
    names().for_each(|name| disk.write(&name, &format!("first {name}\nhel")));
    let mut following = Following::start(source);
    following.expect(names().map(|name| format!("first {name}")).collect()).await;
    for round in 0..3 {
        names().for_each(|name| disk.write(&name, &format!("d {name}\n{round} {name}\nhel")));
        let more = names().flat_map(|name| [format!("held {name}"), format!("{round} {name}")]);
        following.expect(more.collect()).await;
    }
    disk.rename(&path("7.log"), &path("7b.log")).unwrap();
    disk.write("7b.log", "d, and renamed\n");
    disk.write("7.log", "new\n");
    following.expect(vec!["held, and renamed".to_owned(), "new".to_owned()]).await;
}

#[tokio::test(start_paused = true)]
async fn more_files_than_may_be_open_are_followed_in_turn() {
    let disk = FewFiles::of(usize::MAX);
    let source = source(&disk).max_open(4);
    all_files_are_followed(Arc::clone(&disk), source).await;
    // One more is open while its position is looked for.
    assert!(disk.peak() <= 5, "{} were open", disk.peak());
}

#[tokio::test(start_paused = true)]
async fn where_the_system_gives_out_no_more_files_a_source_does_with_fewer() {
    let disk = FewFiles::of(10);
    let source = source(&disk);
    all_files_are_followed(Arc::clone(&disk), source).await;
    assert!(disk.counts.refused.load(Ordering::Relaxed) > 0);
}

#[tokio::test(start_paused = true)]
async fn files_without_room_at_the_start_are_skipped_to_where_they_ended_then() {
    let disk = FewFiles::of(usize::MAX);
    names().for_each(|name| disk.write(&name, "skipped\n"));
    let mut following = Following::start(source(&disk).max_open(3).skip_unknown(true));
    following.expect(Vec::new()).await;
    names().for_each(|name| disk.write(&name, &format!("after {name}\n")));
    following.expect(names().map(|name| format!("after {name}")).collect()).await;
}

#[tokio::test(start_paused = true)]
async fn a_closed_file_that_one_look_misses_is_not_read_again() {
    let disk = FewFiles::of(usize::MAX);
    disk.write("a.log", "one\ntwo\n");
    let idle = Duration::from_secs(2);
    let mut following = Following::start(source(&disk).idle_timeout(idle));
    following.expect(vec!["one".to_owned(), "two".to_owned()]).await;
    assert_eq!(disk.counts.open.load(Ordering::Relaxed), 0, "it is closed");
    disk.rename(&path("a.log"), Path::new("/elsewhere/a.log")).unwrap();
    following.wait(Duration::from_millis(2500)).await;
    disk.rename(Path::new("/elsewhere/a.log"), &path("b.log")).unwrap();
    following.expect(Vec::new()).await;
    disk.write("b.log", "three\n");
    following.expect(vec!["three".to_owned()]).await;
}
