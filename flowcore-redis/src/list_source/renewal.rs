use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use flowcore::base::{Clock, TaskSet};

use super::ListConsumer;
use super::consumer::Shared;
use crate::ErrorKind;

/// The task that renews the lease of a consumer, while it runs.
#[derive(Debug, Default)]
pub(super) struct Renewal(Mutex<Option<TaskSet<()>>>);

impl Renewal {
    pub(super) fn start(&self, consumer: Weak<Shared>, clock: &Clock, lease: Duration) {
        let mut tasks = TaskSet::new();
        tasks.spawn("lease renewal", run(consumer, clock.clone(), lease / 3));
        *self.lock() = Some(tasks);
    }

    pub(super) fn stop(&self) {
        *self.lock() = None;
    }

    pub(super) fn is_running(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<TaskSet<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renews the lease until the consumer is gone or fenced: also while its spout is not asked for more.
async fn run(consumer: Weak<Shared>, clock: Clock, every: Duration) {
    loop {
        clock.sleep(every).await;
        let Some(shared) = consumer.upgrade() else { return };
        if let Err(error) = (ListConsumer { shared }).renew().await {
            // Whoever reads or settles next meets the same error and reports it.
            tracing::debug!(%error, "the lease was not renewed");
            if error.kind() == ErrorKind::Fenced {
                return;
            }
        }
    }
}
