use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flowcore::base::DiskEntry;
use flowcore::ingest::metrics::SetAside;

use super::aside::Aside;
use super::aside_files::AsideFiles;
use super::error::SpoolError;
use super::options::{Done, SpoolOptions};
use super::tracked::Saved;
use super::tracker::Tracker;

/// What is to be read of the folder, and in which order.
#[derive(Debug)]
pub(super) struct Folder {
    /// The next one last, as they were listed.
    waiting: Vec<DiskEntry>,
    next_look: Duration,
    /// What an earlier run had at hand.
    tracked: Option<(PathBuf, Saved)>,
    aside: AsideFiles,
}

impl Folder {
    /// The folder must be there, and with renaming it must be possible to write into it.
    pub(super) fn open(options: &SpoolOptions, shown: SetAside) -> Result<Self, SpoolError> {
        may_be_used(options).map_err(|cause| SpoolError::folder(options, cause))?;
        let tracked = Tracker::new(&options.tracker, options.disk.clone()).read();
        let tracked = tracked.map_err(|cause| SpoolError::tracker(options, cause))?;
        let aside = AsideFiles::load(&options.tracker, options.disk.clone(), shown);
        let aside = aside.map_err(|cause| SpoolError::tracker(options, cause))?;
        Ok(Self { waiting: Vec::new(), next_look: Duration::ZERO, tracked, aside })
    }

    /// The next file that may be read, and where to begin.
    pub(super) fn next(
        &mut self,
        options: &SpoolOptions,
        now: Duration,
    ) -> Result<Option<(PathBuf, Saved)>, SpoolError> {
        if self.waiting.is_empty() || now >= self.next_look {
            self.next_look = now + options.poll;
            self.look(options)?;
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

    /// One that was not finished comes first.
    fn look(&mut self, options: &SpoolOptions) -> Result<(), SpoolError> {
        let listed = options.wanted.list(&*options.disk, &options.folder);
        self.waiting = listed.map_err(|cause| SpoolError::folder(options, cause))?;
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
