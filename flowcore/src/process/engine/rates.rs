use std::sync::Arc;
use std::time::Duration;

use super::{TaskKind, TaskSnapshot, TopologyHandle, TopologySnapshot};

/// What the tasks of one component did between two snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentRates {
    /// The component.
    pub component: Arc<str>,
    /// What kind it is.
    pub kind: TaskKind,
    /// Bolts: tuples executed in a second.
    pub executed: f64,
    /// Tuples emitted in a second.
    pub emitted: f64,
    /// Tuples acknowledged in a second.
    pub acked: f64,
    /// Tuples failed in a second.
    pub failed: f64,
    /// Tuples in its mailboxes, or under way, at the end.
    pub waiting: usize,
    /// Bolts: the share of the time that its tasks were busy, from 0 to 1; waiting inside `execute` included.
    pub busy: f64,
}

impl TopologySnapshot {
    /// What each component has done since an earlier snapshot of the same topology, in the order in which they
    /// were declared. All rates are zero if no time has passed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::process::{TopologyBuilder, futures::StreamSpout};
    ///
    /// let mut topology = TopologyBuilder::new("numbers");
    /// let numbers = topology.spout("numbers", || StreamSpout::new(futures_util::stream::iter(0..1000)));
    /// numbers.for_each("end", |_| {});
    /// let running = topology.build()?.start();
    /// let before = running.handle().snapshot();
    /// let rates = running.wait().await?.snapshot.rates_since(&before);
    /// assert_eq!((&*rates[1].component, rates[1].waiting), ("end", 0));
    /// assert!(rates[1].executed > 0.0);
    /// # Ok(()) }
    /// ```
    pub fn rates_since(&self, earlier: &Self) -> Vec<ComponentRates> {
        let time = self.running_for.saturating_sub(earlier.running_for);
        let mut rates: Vec<ComponentRates> = Vec::new();
        for task in &self.tasks {
            if rates.iter().all(|rates| rates.component != task.component) {
                let tasks = self.tasks.iter().filter(|other| other.component == task.component).count();
                let (now, before) = (self.component(&task.component), earlier.component(&task.component));
                rates.push(rates_between(&before, &now, time, tasks));
            }
        }
        rates
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates are for people")]
fn rates_between(before: &TaskSnapshot, now: &TaskSnapshot, time: Duration, tasks: usize) -> ComponentRates {
    let seconds = time.as_secs_f64();
    let share = |part: f64| if seconds > 0.0 { part / seconds } else { 0.0 };
    let rate = |before: u64, now: u64| share(now.saturating_sub(before) as f64);
    let busy = now.busy.saturating_sub(before.busy).as_secs_f64();
    ComponentRates {
        component: Arc::clone(&now.component),
        kind: now.kind,
        executed: rate(before.executed, now.executed),
        emitted: rate(before.emitted, now.emitted),
        acked: rate(before.acked, now.acked),
        failed: rate(before.failed, now.failed),
        waiting: now.waiting,
        busy: share(busy) / tasks.max(1) as f64,
    }
}

/// Logs what each component does since the snapshot `before`, for ever.
pub(super) async fn log_rates(handle: TopologyHandle, mut before: TopologySnapshot, every: Duration) {
    let clock = handle.watched.settings.clock.clone();
    loop {
        clock.sleep(every).await;
        let now = handle.snapshot();
        for rates in now.rates_since(&before) {
            let ComponentRates { component, executed, emitted, acked, failed, waiting, busy, .. } = rates;
            let topology = &now.topology;
            tracing::info!(%topology, %component, executed, emitted, acked, failed, waiting, busy, "rates");
        }
        before = now;
    }
}
