use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use flowcore::base::{Backoff, Stopwatch, with_causes};
use flowcore::ingest::{ChannelWriter, ComponentContext, Source, SourceError};

use super::aside::{Aside, Wait};
use super::delivery::{Delivery, End};
use super::error::{FileProblem, SpoolError};
use super::finish::finish;
use super::folder::Folder;
use super::open_file::OpenFile;
use super::options::SpoolOptions;
use super::tracked::Saved;

/// Flume's first pause while a channel is full.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Reads the files of a folder; see the [module](super).
pub(crate) struct SpoolSource {
    options: SpoolOptions,
    delivery: Delivery,
    started: Option<Started>,
}

struct Started {
    context: ComponentContext,
    running: Stopwatch,
    folder: Folder,
}

impl SpoolSource {
    pub(crate) fn new(options: SpoolOptions) -> Self {
        Self { delivery: Delivery::new(options.clone()), options, started: None }
    }

    fn begin(&self, context: &ComponentContext) -> Result<Started, SpoolError> {
        let running = context.clock.stopwatch();
        let folder = Folder::open(&self.options, context.set_aside.clone(), running)?;
        Ok(Started { context: context.clone(), running, folder })
    }

    async fn follow(&mut self, at: &mut Started, out: &mut ChannelWriter) -> Result<(), SourceError> {
        while !out.is_stopping() {
            if let Some((path, saved)) = at.folder.next(&self.options)? {
                match OpenFile::open(&path, &saved, &self.options) {
                    Ok(file) => self.read_file(file, at, out).await?,
                    Err(problem) => self.set_aside(&path, saved, &problem, at)?,
                }
                continue;
            }
            tokio::select! {
                () = at.folder.changed(&at.context.clock) => {}
                () = out.stopping() => {}
            }
        }
        Ok(())
    }

    async fn read_file(
        &mut self,
        file: OpenFile,
        at: &mut Started,
        out: &mut ChannelWriter,
    ) -> Result<(), SourceError> {
        let (file, end) = match self.delivery.deliver(file, out).await? {
            End::Done(file) => {
                let end = finish(&file.entry, &self.options);
                (file, end)
            }
            End::Problem(file, problem) => (file, Err(problem)),
            End::Stop => return Ok(()),
        };
        match end {
            Ok(()) => {
                self.delivery.forget_position()?;
                at.folder.is_done(file.path()).map_err(|cause| SpoolError::tracker(&self.options, cause))?;
                tracing::debug!(path = %file.path().display(), "the file is done");
            }
            Err(problem) => self.set_aside(file.path(), file.saved(), &problem, at)?,
        }
        Ok(())
    }

    /// Its position is kept in another place before the tracker's file is another one's.
    fn set_aside(
        &mut self,
        path: &Path,
        saved: Saved,
        problem: &FileProblem,
        at: &mut Started,
    ) -> Result<(), SpoolError> {
        let entry = self.options.disk.entry(path).ok();
        let (position, error) = (saved.position, with_causes(problem));
        let aside = Aside::new(saved, Wait::because_of(problem), entry.as_ref(), at.running.elapsed());
        let added = at.folder.set_aside(path, aside, &error);
        if added.map_err(|cause| SpoolError::tracker(&self.options, cause))? {
            at.context.counters.add(problem.counter(), 1);
            tracing::warn!(path = %path.display(), position, error, "a file is set aside; others go on");
        } else {
            tracing::debug!(path = %path.display(), position, error, "a file is set aside again");
        }
        self.delivery.forget_position()
    }
}

#[async_trait]
impl Source for SpoolSource {
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SourceError> {
        self.started = Some(self.begin(context)?);
        Ok(())
    }

    async fn run(&mut self, out: &mut ChannelWriter) -> Result<(), SourceError> {
        let largest = self.options.max_backoff.max(Duration::from_millis(1));
        out.set_pauses(Backoff::new(FIRST_PAUSE.min(largest), largest));
        let mut at = match self.started.take() {
            Some(started) => started,
            None => self.begin(&out.context().clone())?,
        };
        self.follow(&mut at, out).await
    }

    fn blocks(&self) -> bool {
        true
    }

    async fn stop(&mut self) -> Result<(), SourceError> {
        Ok(self.delivery.stop()?)
    }
}
