use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flowcore::base::{Clock, DiskEntry, Stopwatch};
use flowcore::ingest::metrics::SetAside;

use super::aside::Aside;
use super::aside_files::AsideFiles;
use super::error::SpoolError;
use super::options::{Done, SpoolOptions};
use super::tracked::Saved;
use super::tracker::Tracker;
use super::watcher::FolderWatcher;

/// What is to be read of the folder, and in which order.
#[derive(Debug)]
pub(super) struct Folder {
    /// The next one last, as they were listed.
    waiting: Vec<DiskEntry>,
    running: Stopwatch,
    next_look: Duration,
    /// A folder with many files takes long to list: that is not done again for each file that comes.
    rests_until: Duration,
    /// What an earlier run had at hand.
    tracked: Option<(PathBuf, Saved)>,
    aside: AsideFiles,
    watcher: FolderWatcher,
}

/// After a look, others because of new files wait this many times as long as it took.
const REST: u32 = 9;
/// Between two looks, whatever the delay is.
const LEAST: Duration = Duration::from_millis(1);

impl Folder {
    /// The folder must be there, and with renaming it must be possible to write into it.
    pub(super) fn open(
        options: &SpoolOptions,
        shown: SetAside,
        running: Stopwatch,
    ) -> Result<Self, SpoolError> {
        may_be_used(options).map_err(|cause| SpoolError::folder(options, cause))?;
        let tracked = Tracker::new(&options.tracker, options.disk.clone()).read();
        let tracked = tracked.map_err(|cause| SpoolError::tracker(options, cause))?;
        let aside = AsideFiles::load(&options.tracker, options.disk.clone(), shown);
        let aside = aside.map_err(|cause| SpoolError::tracker(options, cause))?;
        let watcher = FolderWatcher::new(options.watch, &options.wanted, options.disk.clone());
        let (next_look, rests_until) = (Duration::ZERO, Duration::ZERO);
        Ok(Self { waiting: Vec::new(), running, next_look, rests_until, tracked, aside, watcher })
    }

    /// The next file that may be read, and where to begin.
    pub(super) fn next(&mut self, options: &SpoolOptions) -> Result<Option<(PathBuf, Saved)>, SpoolError> {
        let now = self.running.elapsed();
        let is_due = now >= self.next_look || (self.waiting.is_empty() && !self.watcher.is_on());
        if is_due {
            self.next_look = now + options.poll;
            self.watcher.take_announced();
            self.look(options)?;
        } else if self.waiting.is_empty() && now >= self.rests_until {
            self.look_for_announced(options)?;
        }
        while let Some(entry) = self.waiting.pop() {
            // It is behind what was kept when the file was set aside.
            if let Some((_, saved)) = self.tracked.take_if(|(path, _)| *path == entry.path) {
                return Ok(Some((entry.path, saved)));
            }
            if let Some(saved) = self.aside.turn_of(&entry, now) {
                return Ok(Some((entry.path, saved)));
            }
        }
        Ok(None)
    }

    /// What nobody told of may be half written: the next look finds it.
    fn look_for_announced(&mut self, options: &SpoolOptions) -> Result<(), SpoolError> {
        let announced = self.watcher.take_announced();
        if !announced.is_nothing() {
            self.look(options)?;
            self.waiting.retain(|entry| announced.names(&entry.path, &options.folder));
        }
        Ok(())
    }

    /// One that was not finished comes first.
    fn look(&mut self, options: &SpoolOptions) -> Result<(), SpoolError> {
        let began = self.running.elapsed();
        let watcher = &mut self.watcher;
        let mut before = |folder: &Path| watcher.will_list(folder);
        let listed = options.wanted.list(&*options.disk, &options.folder, &mut before);
        self.waiting = listed.map_err(|cause| SpoolError::folder(options, cause))?;
        self.watcher.has_listed();
        let now = self.running.elapsed();
        self.rests_until = now + now.saturating_sub(began).saturating_mul(REST);
        if let Some((target, _)) = &self.tracked {
            match self.waiting.iter().position(|entry| entry.path == *target) {
                Some(at) => {
                    let entry = self.waiting.remove(at);
                    self.waiting.push(entry);
                }
                // It was finished, and another one of its name begins anew.
                None => self.tracked = None,
            }
        }
        self.forget_those_gone().map_err(|cause| SpoolError::tracker(options, cause))
    }

    /// Waits until there is to be a look. Safe to cancel.
    pub(super) async fn changed(&self, clock: &Clock) {
        let now = self.running.elapsed();
        let told = async {
            clock.sleep(self.rests_until.saturating_sub(now)).await;
            self.watcher.told().await;
        };
        tokio::select! {
            () = clock.sleep(self.next_look.saturating_sub(now).max(LEAST)) => {}
            () = told => {}
        }
    }

    fn forget_those_gone(&mut self) -> io::Result<()> {
        if self.aside.is_empty() {
            return Ok(());
        }
        let there: HashSet<&Path> = self.waiting.iter().map(|entry| &*entry.path).collect();
        self.aside.retain(|path| there.contains(path))
    }

    /// A file has to wait. Returns whether that is new.
    pub(super) fn set_aside(&mut self, path: &Path, aside: Aside, reason: &str) -> io::Result<bool> {
        self.aside.add(path, aside, reason)
    }

    /// A file is done.
    pub(super) fn is_done(&mut self, path: &Path) -> io::Result<()> {
        self.aside.remove(path)
    }
}

fn may_be_used(options: &SpoolOptions) -> io::Result<()> {
    let SpoolOptions { folder, disk, done, .. } = options;
    disk.list(folder)?;
    if *done != Done::Track {
        let canary = folder.join(format!("flume-spooldir-perm-check-{}.canary", std::process::id()));
        disk.append(&canary).and_then(|mut file| file.write(b""))?;
        disk.remove(&canary)?;
    }
    Ok(())
}
