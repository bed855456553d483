use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use super::{Request, Supervisor};
use crate::base::TaskEnd;
use crate::ingest::agent::error::{AgentError, AgentErrorKind};

/// Watching the tasks.
impl<T: Clone + Send + Sync + 'static> Supervisor<T> {
    pub(super) async fn attend_until_asked(&mut self, request: Request) {
        let shared = self.shared.clone();
        let asked = async move {
            tokio::select! {
                () = shared.asked(request) => {}
                _ = shared.failed() => {}
            }
        };
        self.attend(asked).await;
    }

    /// Whether `until` was ready in time.
    pub(super) async fn attend_for_grace(&mut self, until: impl Future<Output = ()>) -> bool {
        let (clock, grace) = (self.workshop.clock.clone(), self.workshop.grace);
        let until = async move {
            tokio::select! {
                () = until => true,
                () = clock.sleep(grace) => false,
            }
        };
        self.attend(until).await
    }

    /// Looks after tasks that end, until `until` is ready.
    pub(super) async fn attend<O>(&mut self, until: impl Future<Output = O>) -> O {
        let mut until = pin!(until);
        loop {
            tokio::select! {
                biased;
                Some((name, end)) = self.tasks.next() => self.record(&name, end),
                out = &mut until => return out,
            }
        }
    }

    /// Waits for all tasks, and aborts those that take longer than the grace period.
    pub(super) async fn join(&mut self) {
        let clock = self.workshop.clock.clone();
        let mut late = pin!(clock.sleep(self.workshop.grace));
        loop {
            tokio::select! {
                biased;
                next = self.tasks.next() => match next {
                    Some((name, end)) => self.record(&name, end),
                    None => return,
                },
                () = &mut late => break,
            }
        }
        self.tasks.abort_all();
        while let Some((name, end)) = self.tasks.next().await {
            self.record(&name, end);
        }
    }

    fn record(&mut self, name: &Arc<str>, end: TaskEnd<Result<(), AgentError>>) {
        let Some(life) = self.lives.remove(name) else { return };
        match end {
            TaskEnd::Done(Ok(())) => {}
            TaskEnd::Done(Err(error)) => self.lost(error),
            // What is contained is a component's own code; this was in a `Drop`.
            TaskEnd::Panicked(panic) => self.lost(life.fail(panic.into(), AgentErrorKind::Fatal)),
            TaskEnd::Aborted => life.set_overdue(),
        }
    }

    /// A component failed for good.
    fn lost(&self, error: AgentError) {
        if !self.keeps_going || self.tasks.is_empty() {
            self.shared.fail(error);
        }
    }
}
