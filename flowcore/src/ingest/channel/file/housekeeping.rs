use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Stored;
use super::settings::SyncPolicy;
use super::shared::Shared;

/// How often a full disk is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Does what was left for later, and ends with the channel: syncs after the interval, tries a full disk again.
pub(super) async fn keep_house<T: Stored>(shared: Weak<Shared<T>>, sync: SyncPolicy) {
    let pause = match sync {
        SyncPolicy::Interval(time) => time.min(TRY_AGAIN),
        SyncPolicy::EachCommit | SyncPolicy::Never => TRY_AGAIN,
    };
    loop {
        let Some(now) = shared.upgrade() else { return };
        let (clock, later) = (now.clock.clone(), Arc::clone(&now.later));
        drop(now);
        later.notified().await;
        clock.sleep(pause).await;
        let Some(now) = shared.upgrade() else { return };
        let inner = now.lock();
        now.write_soon(inner);
    }
}
