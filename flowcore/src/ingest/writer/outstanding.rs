use std::sync::Arc;

use tokio::sync::watch;

use crate::base::Token;

/// Counts the batches of a source whose tokens were not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Outstanding(watch::Sender<usize>);

impl Outstanding {
    /// A token that answers `token`, and is counted until then. Where nobody waits, nothing is counted.
    pub(super) fn track(self: &Arc<Self>, token: Token) -> Token {
        if !token.is_tracked() {
            return token;
        }
        self.0.send_modify(|count| *count += 1);
        let counted = Counted(Arc::clone(self));
        Token::new(move |outcome| {
            match outcome {
                Ok(()) => token.ack(),
                Err(error) => token.fail(error),
            }
            drop(counted);
        })
    }

    /// Waits until all are answered.
    pub(crate) async fn settled(&self) {
        // The sender is held here: it cannot go away.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

struct Counted(Arc<Outstanding>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}
