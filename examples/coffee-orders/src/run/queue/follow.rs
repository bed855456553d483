use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{GENERATOR, Program};
use crate::run::progress::{Numbers, ProgressLine};
use crate::run::{Failure, tail};

/// How often the program looks whether all is counted, with `--exit`.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(50);

/// While it runs.
impl Program {
    pub(super) async fn watch(&mut self, progress: &mut ProgressLine) -> Result<(), Failure> {
        loop {
            if self.exit && self.is_finished().await? {
                return Ok(());
            }
            let failed = async {
                match &self.collecting {
                    Some(collecting) => collecting.agent.failed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.signals.next() => return Ok(()),
                error = failed => return Err(error.into()),
                Some((name, end)) = self.tasks.next() => {
                    end.into_result()??;
                    match &mut self.collecting {
                        Some(collecting) if &*name == GENERATOR => collecting.generating = false,
                        _ => return Err(Failure::from(format!("{name} has ended by itself"))),
                    }
                }
                () = progress.due() => progress.show(self.numbers()),
                () = self.clock.sleep(LOOK_EVERY), if self.exit => {}
            }
        }
    }

    /// Whether everything that was generated is pushed, and everything that was pushed is counted.
    pub(super) async fn is_finished(&mut self) -> Result<bool, Failure> {
        if let Some(collecting) = &self.collecting {
            let read = !collecting.generating && tail::is_at_end(&self.dir, &collecting.tail);
            if !read || !collecting.tail.is_committed() {
                return Ok(false);
            }
        }
        let Some(counting) = &mut self.counting else { return Ok(true) };
        let (waiting, taken) = match counting.server.queued(&counting.name).await {
            Ok(queued) => queued,
            // What it holds is not known, so it is not finished.
            Err(error) if error.retries() => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let spout = counting.topology.snapshot().component("queue");
        let under_way = spout.emitted.saturating_sub(spout.acked + spout.dead);
        // What was taken and not emitted is still on its way; what is stored and not acknowledged seems to be.
        Ok(waiting == 0 && taken == under_way)
    }

    pub(super) fn numbers(&self) -> Numbers {
        let counting = self.counting.as_ref();
        let snapshot = counting.map(|counting| counting.topology.snapshot());
        let executed = snapshot.as_ref().map_or(0, |snapshot| snapshot.component("count").executed);
        let load = |counter: &Arc<AtomicU64>| counter.load(Ordering::Relaxed);
        let rejected = counting.map_or(0, |counting| load(&counting.rejected));
        let stored = counting.map_or(0, |counting| load(&counting.stored));
        let lines = match &self.collecting {
            Some(collecting) => collecting.tail.lines(),
            None => executed,
        };
        Numbers { lines, counted: executed.saturating_sub(rejected), stored, rejected }
    }
}
