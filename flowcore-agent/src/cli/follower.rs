use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Backoff, Clock, with_causes};
use flowcore::ingest::AgentHandle;
use flowcore::ingest::agent::{Applied, Unchanged};

use super::loader::Loader;
use super::said::{line, names};
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
    /// What is wrong with what was read last.
    pub(super) refused: Option<Arc<str>>,
    /// What of the configuration that it runs could not be started.
    pub(super) not_started: Option<Arc<str>>,
    pub(super) poll: Duration,
    pub(super) backup: Option<Backup>,
    /// Before what could not be started is tried again.
    pub(super) retry: Backoff,
    pub(super) clock: Clock,
}

impl Follower<'_> {
    /// Never returns.
    pub(super) async fn follow(mut self, handle: &AgentHandle) {
        let mut watcher = FileWatcher::new(self.origins.files());
        loop {
            while self.look(handle).await {
                // A link may lead to another folder now, where nobody has looked yet.
                watcher = FileWatcher::new(self.origins.files());
            }
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

    /// Whether there is something new. Content decides: a file that was only touched is not even parsed.
    async fn look(&mut self, handle: &AgentHandle) -> bool {
        let contents = match self.settled().await {
            Ok(contents) => contents,
            Err(error) => {
                self.tell(handle, Some(with_causes(&error).into()));
                return false;
            }
        };
        let is_new = self.seen.as_ref() != Some(&contents);
        if is_new {
            self.refused = self.changed(&contents, handle).await.err().map(Into::into);
            self.seen = Some(contents);
        } else {
            self.try_again(handle).await;
        }
        self.tell(handle, None);
        is_new
    }

    /// What could not be started.
    async fn try_again(&mut self, handle: &AgentHandle) {
        if let Some(checked) = self.unfinished.take() {
            let unchanged = difference(&self.running, &self.running);
            // It was made before.
            let _ = self.apply(checked, unchanged, handle).await;
        }
    }

    async fn settled(&self) -> Result<Contents, ReadError> {
        let mut before = self.read().await?;
        // Who never stops writing is read in the middle of it.
        for _ in 0..20 {
            if self.seen.as_ref() == Some(&before) {
                break;
            }
            self.clock.sleep(SETTLE).await;
            let now = self.read().await?;
            if now == before {
                break;
            }
            before = now;
        }
        Ok(before)
    }

    async fn read(&self) -> Result<Contents, ReadError> {
        let read = self.origins.read().await;
        if read.is_ok() {
            return read;
        }
        // Who replaces a file may remove it first.
        self.clock.sleep(SETTLE).await;
        self.origins.read().await
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
        self.not_started = not_started(&applied).map(Into::into);
        self.unfinished = self.not_started.is_some().then_some(checked);
        Ok(())
    }

    fn log(&self, applied: &Applied) {
        let agent = self.name.as_str();
        for failed in &applied.failed {
            let error = with_causes(&*failed.error);
            // Said once, however often it is tried.
            if !self.not_started.as_ref().is_some_and(|said| said.contains(&error)) {
                tracing::error!(agent, channel = %failed.channel, error, "cannot be opened, and is tried again");
            }
        }
        for left in &applied.left {
            tracing::warn!(agent, channel = %left.channel, events = left.events, "is gone with events in it");
        }
        for component in &applied.overdue {
            tracing::warn!(agent, %component, "did not end in time");
        }
        let (stopped, started) = (applied.stopped.join(", "), applied.started.join(", "));
        let resized = applied.resized.join(", ");
        if [&stopped, &started, &resized].iter().any(|names| !names.is_empty()) {
            tracing::info!(agent, stopped, started, resized, "follows the changed configuration");
        }
    }

    /// Shows why a configuration is not followed, or not as a whole, and says so once, however often it is
    /// looked at.
    fn tell(&self, handle: &AgentHandle, unread: Option<Arc<str>>) {
        let shown = handle.snapshot().changes.refused;
        let refused = unread.or_else(|| self.refused.clone());
        if let Some(why) = refused.as_deref().filter(|why| shown.as_deref() != Some(*why)) {
            let agent = self.name.as_str();
            tracing::error!(agent, why, "the changed configuration is not followed: what runs goes on");
        }
        let refused = refused.or_else(|| self.not_started.clone());
        if shown.is_some() && refused.is_none() {
            tracing::info!(agent = self.name, "the configuration is followed again");
        }
        handle.set_refused(refused);
    }
}

/// What could not be started, and why.
fn not_started(applied: &Applied) -> Option<String> {
    let failed = applied.failed.iter();
    let failed =
        failed.map(|one| format!("channel {} cannot be opened: {}", one.channel, with_causes(&*one.error)));
    let failed: Vec<String> = failed.collect();
    (!failed.is_empty()).then(|| failed.join("; "))
}

fn errors(checked: &Checked, agent: &str) -> Option<String> {
    let mut errors = checked.about(agent).filter(|said| said.severity == Severity::Error);
    let first = line(&checked.files, errors.next()?);
    let more = errors.count();
    Some(if more == 0 { first } else { format!("{first}; and {more} more") })
}
