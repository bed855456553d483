use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Backoff, Clock};
use flowcore::ingest::AgentHandle;
use flowcore::ingest::agent::{Applied, Unchanged};

use super::loader::Loader;
use super::said::{line, names, with_causes};
use super::watcher::FileWatcher;
use crate::Checked;
use crate::diagnostic::Severity;
use crate::origin::{Backup, Contents, Origins, ReadError};
use crate::reload::{Meaning, difference};

/// A file that is being written may be valid when half of it is there: it has to stay the same for so long.
const SETTLE: Duration = Duration::from_millis(100);

/// Follows a configuration while its agent runs.
pub(super) struct Follower<'a> {
    pub(super) loader: Loader<'a>,
    pub(super) origins: Origins,
    pub(super) name: String,
    /// What was read last, good or bad; nothing if a copy was used instead.
    pub(super) seen: Option<Contents>,
    /// What the agent runs.
    pub(super) running: Meaning,
    /// The configuration that it runs, if a part of it could not be started.
    pub(super) unfinished: Option<Checked>,
    /// Whether it could not be read the last time.
    pub(super) unread: bool,
    /// What is wrong with what was read last.
    pub(super) refused: Option<Arc<str>>,
    pub(super) poll: Duration,
    pub(super) backup: Option<Backup>,
    /// Before what could not be started is tried again.
    pub(super) retry: Backoff,
    pub(super) clock: Clock,
}

impl Follower<'_> {
    /// Never returns.
    pub(super) async fn follow(mut self, handle: &AgentHandle) {
        let watcher = FileWatcher::new(self.origins.files());
        loop {
            self.look(handle).await;
            let wait = match &self.unfinished {
                Some(_) => self.retry.next_delay().min(self.poll),
                None => self.poll,
            };
            tokio::select! {
                () = watcher.woken() => {}
                () = self.clock.sleep(wait) => {}
            }
        }
    }

    /// Content decides: a file that was only touched is not even parsed.
    async fn look(&mut self, handle: &AgentHandle) {
        let contents = match self.settled().await {
            Ok(contents) => contents,
            Err(error) => {
                self.unread = true;
                return tell(handle, &self.name, Some(with_causes(&error).into()));
            }
        };
        if self.seen.as_ref() != Some(&contents) {
            self.refused = self.changed(&contents, handle).await.err().map(Into::into);
            tell(handle, &self.name, self.refused.clone());
            self.seen = Some(contents);
        } else if std::mem::take(&mut self.unread) {
            tell(handle, &self.name, self.refused.clone());
        }
        if let Some(checked) = self.unfinished.take() {
            let unchanged = difference(&self.running, &self.running);
            // It was made before.
            let _ = self.apply(checked, unchanged, handle).await;
        }
    }

    async fn settled(&self) -> Result<Contents, ReadError> {
        let mut before = self.origins.read().await?;
        // Who never stops writing is read in the middle of it.
        for _ in 0..20 {
            if self.seen.as_ref() == Some(&before) {
                break;
            }
            self.clock.sleep(SETTLE).await;
            let now = self.origins.read().await?;
            if now == before {
                break;
            }
            before = now;
        }
        Ok(before)
    }

    /// What is wrong with it, if it cannot be followed.
    async fn changed(&mut self, contents: &Contents, handle: &AgentHandle) -> Result<(), String> {
        let checked = self.loader.check(contents).map_err(|error| with_causes(&error))?;
        self.complain(&checked);
        let meaning = Meaning::of(&checked, &self.name)
            .ok_or_else(|| format!("there is no agent {}; {}", self.name, names(&checked)))?;
        if let Some(why) = errors(&checked, &self.name) {
            return Err(why);
        }
        if meaning == self.running && self.unfinished.is_none() {
            tracing::info!(agent = self.name, "the configuration has changed and means the same");
            return Ok(());
        }
        let unchanged = difference(&self.running, &meaning);
        self.apply(checked, unchanged, handle).await?;
        self.running = meaning;
        self.retry.reset();
        Ok(())
    }

    fn complain(&self, checked: &Checked) {
        for said in checked.about(&self.name) {
            match said.severity {
                Severity::Error => tracing::error!("{}", line(&checked.files, said)),
                Severity::Warning => tracing::warn!("{}", line(&checked.files, said)),
                Severity::Note => {}
            }
        }
    }

    async fn apply(
        &mut self,
        checked: Checked,
        unchanged: Unchanged,
        handle: &AgentHandle,
    ) -> Result<(), String> {
        let agent = self.loader.agent(&checked, &self.name).map_err(|error| with_causes(&error))?;
        let applied = handle.apply(agent, unchanged).await.map_err(|error| error.to_string())?;
        self.log(&applied);
        if let Some(backup) = &self.backup {
            backup.keep_or_say(&checked.files);
        }
        self.unfinished = (!applied.failed.is_empty()).then_some(checked);
        Ok(())
    }

    fn log(&self, applied: &Applied) {
        let agent = self.name.as_str();
        for failed in &applied.failed {
            let error = with_causes(&*failed.error);
            tracing::error!(agent, channel = %failed.channel, error, "cannot be opened, and is tried again");
        }
        for left in &applied.left {
            tracing::warn!(agent, channel = %left.channel, events = left.events, "is gone with events in it");
        }
        for component in &applied.overdue {
            tracing::warn!(agent, %component, "did not end in time");
        }
        let (stopped, started) = (applied.stopped.join(", "), applied.started.join(", "));
        let resized = applied.resized.join(", ");
        tracing::info!(agent, stopped, started, resized, "follows the changed configuration");
    }
}

fn errors(checked: &Checked, agent: &str) -> Option<String> {
    let mut errors = checked.about(agent).filter(|said| said.severity == Severity::Error);
    let first = line(&checked.files, errors.next()?);
    let more = errors.count();
    Some(if more == 0 { first } else { format!("{first}; and {more} more") })
}

/// Shows that a configuration is not followed, and says so once, however often it is looked at.
fn tell(handle: &AgentHandle, agent: &str, refused: Option<Arc<str>>) {
    if let Some(why) =
        refused.as_deref().filter(|why| handle.snapshot().changes.refused.as_deref() != Some(*why))
    {
        tracing::error!(agent, why, "the changed configuration is not followed: what runs goes on");
    }
    handle.set_refused(refused);
}
