use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Stored;
use super::checkpoint::Checkpoints;
use super::settings::SyncPolicy;
use super::shared::Shared;

/// How often a full disk is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// How long what was left for later can wait.
pub(super) fn pause(sync: SyncPolicy, checkpoints: Option<&Checkpoints>) -> Duration {
    let sync = match sync {
        SyncPolicy::Interval(time) => time,
        SyncPolicy::EachCommit | SyncPolicy::Never => TRY_AGAIN,
    };
    let soonest = checkpoints.map_or(TRY_AGAIN, Checkpoints::interval).min(sync);
    soonest.clamp(Duration::from_millis(1), TRY_AGAIN)
}

/// Does what was left for later, and ends with the channel: syncs and writes checkpoints after their intervals,
/// tries a full disk again, and what could not be read.
pub(super) async fn keep_house<T: Stored>(shared: Weak<Shared<T>>, pause: Duration) {
    loop {
        let Some(now) = shared.upgrade() else { return };
        let (clock, later) = (now.settings.clock.clone(), Arc::clone(&now.later));
        drop(now);
        later.notified().await;
        clock.sleep(pause).await;
        let Some(now) = shared.upgrade() else { return };
        let mut inner = now.lock();
        inner.queue.try_again();
        now.write_soon(inner);
        now.arrived.notify_one();
    }
}
