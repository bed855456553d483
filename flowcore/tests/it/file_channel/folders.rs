//! Several folders, of which one fails.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flowcore::base::{Clock, Disk, DiskEntry, DiskFile, DiskLock, FileIdentity, Token};
use flowcore::ingest::{Channel, FileChannel};
use flowcore_testkit::CrashDisk;

use super::world::Lines;

/// A disk on which nothing below `folder` can be read or written while it fails.
#[derive(Debug, Clone)]
struct HalfDisk {
    inner: CrashDisk,
    folder: PathBuf,
    fails: Arc<AtomicBool>,
}

#[derive(Debug)]
struct HalfFile {
    inner: Box<dyn DiskFile>,
    fails: Option<Arc<AtomicBool>>,
}

fn broken(fails: &AtomicBool) -> io::Result<()> {
    if fails.load(Ordering::Relaxed) { Err(io::Error::other("the cable is out")) } else { Ok(()) }
}

impl HalfDisk {
    fn check(&self, path: &Path) -> io::Result<()> {
        if path.starts_with(&self.folder) { broken(&self.fails) } else { Ok(()) }
    }

    fn file(&self, path: &Path, inner: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        let fails = path.starts_with(&self.folder).then(|| self.fails.clone());
        Box::new(HalfFile { inner, fails })
    }
}

impl HalfFile {
    fn check(&self) -> io::Result<()> {
        self.fails.as_ref().map_or(Ok(()), |fails| broken(fails))
    }
}

impl DiskFile for HalfFile {
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.inner.read_at(offset, into)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.check()?;
        self.inner.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.check()?;
        self.inner.sync()
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.check()?;
        self.inner.write_at(offset, bytes)
    }

    fn allocate(&mut self, size: u64) -> io::Result<()> {
        self.check()?;
        self.inner.allocate(size)
    }

    fn size(&self) -> io::Result<u64> {
        self.inner.size()
    }

    fn identity(&self) -> io::Result<FileIdentity> {
        self.inner.identity()
    }
}

impl Disk for HalfDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.check(path)?;
        Ok(self.file(path, self.inner.open(path)?))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.check(path)?;
        Ok(self.file(path, self.inner.append(path)?))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        self.check(folder)?;
        self.inner.list(folder)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.check(path)?;
        self.inner.read(path, limit)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.check(path)?;
        self.inner.replace(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(from)?;
        self.inner.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.check(path)?;
        self.inner.remove(path)
    }

    fn open_write(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.check(path)?;
        Ok(self.file(path, self.inner.open_write(path)?))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.check(folder)?;
        self.inner.sync_folder(folder)
    }

    fn free_space(&self, folder: &Path) -> io::Result<u64> {
        self.check(folder)?;
        self.inner.free_space(folder)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        self.inner.lock(path)
    }
}

fn disk() -> HalfDisk {
    let fails = Arc::new(AtomicBool::new(false));
    HalfDisk { inner: CrashDisk::new(), folder: "two".into(), fails }
}

async fn open(disk: &HalfDisk) -> Lines {
    let builder = FileChannel::builder(["one", "two"]).on_disk(Arc::new(disk.clone()));
    // Nothing is kept in memory: what is taken is read.
    builder.segment_bytes(64 << 10).memory(0).least_free_space(0).open("half").await.unwrap()
}

async fn put(channel: &Lines, from: usize, to: usize) {
    for number in from..to {
        let mut put = channel.begin_put().await.unwrap();
        put.put(vec![format!("{number:0>3000}")]).await.unwrap();
        put.commit(Token::untracked()).await.unwrap();
    }
}

/// Takes until nothing can be had.
async fn take_all(channel: &Lines) -> Vec<usize> {
    let mut numbers = Vec::new();
    while channel.state().waiting > 0 {
        let Ok(take) = channel.take(7).await else { break };
        numbers.extend(take.events().iter().map(|event| event.parse::<usize>().unwrap()));
        take.commit().await.unwrap();
    }
    numbers
}

#[tokio::test(start_paused = true)]
async fn when_a_folder_fails_its_events_wait_and_all_else_goes_on() {
    let disk = disk();
    let channel = open(&disk).await;
    put(&channel, 0, 100).await;
    disk.fails.store(true, Ordering::Relaxed);
    put(&channel, 100, 200).await;
    let before = take_all(&channel).await;
    assert!(before.is_sorted() && before.len() > 100, "{before:?}");
    assert!(channel.status().unreadable > 0);
    assert_eq!(before.len() + channel.state().waiting, 200);
    let error = channel.take(1).await.unwrap_err();
    assert!(std::error::Error::source(&error).is_some(), "{error}");
    disk.fails.store(false, Ordering::Relaxed);
    let mut all = before;
    all.extend(take_all(&channel).await);
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..200), "{all:?}");
    assert_eq!((channel.status().unreadable, channel.status().lost_events), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_waits_in_a_folder_that_is_back_comes_while_others_are_put_and_taken() {
    let disk = disk();
    let channel = open(&disk).await;
    put(&channel, 0, 100).await;
    disk.fails.store(true, Ordering::Relaxed);
    let first = take_all(&channel).await;
    disk.fails.store(false, Ordering::Relaxed);
    let (mut all, mut next) = (first, 100);
    while all.iter().filter(|number| **number < 100).count() < 100 {
        put(&channel, next, next + 3).await;
        next += 3;
        let take = channel.take(3).await.unwrap();
        all.extend(take.events().iter().map(|event| event.parse::<usize>().unwrap()));
        take.commit().await.unwrap();
        Clock::system().sleep(Duration::from_millis(100)).await;
    }
    drop(channel);
    let channel = open(&disk).await;
    all.extend(take_all(&channel).await);
    all.sort_unstable();
    all.dedup();
    assert!(all.iter().copied().eq(0..next), "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_fails_at_the_start_is_named() {
    let disk = disk();
    drop(open(&disk).await);
    disk.fails.store(true, Ordering::Relaxed);
    let builder = FileChannel::<String>::builder(["one", "two"]).on_disk(Arc::new(disk.clone()));
    let error = builder.open("half").await.unwrap_err();
    assert!(error.to_string().contains("two"), "{error}");
}
