use std::sync::Weak;
use std::time::Duration;

use flowcore::base::Clock;

use super::ListConsumer;
use super::consumer::{Shared, is_fenced};

/// Renews the lease until the consumer is gone or fenced: also while its spout is not asked for more.
pub(super) async fn run(consumer: Weak<Shared>, clock: Clock, every: Duration) {
    loop {
        clock.sleep(every).await;
        let Some(shared) = consumer.upgrade() else { return };
        if let Err(error) = (ListConsumer { shared }).renew().await {
            // Whoever reads or settles next meets the same error and reports it.
            tracing::debug!(%error, "the lease was not renewed");
            if is_fenced(&error) {
                return;
            }
        }
    }
}
