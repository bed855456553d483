use std::collections::VecDeque;
use std::sync::Arc;

use super::sync::{Mutex, MutexGuard, Notify, PoisonError};
use super::{DeliveryError, Token};

/// Issues tokens with a name on each, and tells what became of them in the task that issued them.
///
/// A source or spout keeps one: it gives out `receipts.token(id)` beside what it hands on, and waits for
/// [`next`](Self::next) in the same `select!` in which it waits for new input.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use flowcore::base::Receipts;
///
/// let receipts = Receipts::new();
/// let token = receipts.token("line 1");
/// assert_eq!(receipts.outstanding(), 1);
/// token.ack();
/// let receipt = receipts.next().await;
/// assert_eq!((receipt.id, receipt.outcome.is_ok()), ("line 1", true));
/// # }
/// ```
#[derive(Debug)]
pub struct Receipts<I> {
    shared: Arc<Shared<I>>,
}

/// What became of one token.
#[derive(Debug)]
pub struct Receipt<I> {
    /// The name under which the token was issued.
    pub id: I,
    /// `Ok` when all of its shares were acknowledged; otherwise the first failure.
    pub outcome: Result<(), DeliveryError>,
}

#[derive(Debug)]
struct Shared<I> {
    state: Mutex<State<I>>,
    arrived: Notify,
}

#[derive(Debug)]
struct State<I> {
    settled: VecDeque<Receipt<I>>,
    outstanding: usize,
}

impl<I: Send + 'static> Receipts<I> {
    /// No tokens yet.
    pub fn new() -> Self {
        let state = Mutex::new(State { settled: VecDeque::new(), outstanding: 0 });
        Self { shared: Arc::new(Shared { state, arrived: Notify::new() }) }
    }

    /// A token named `id`. What is outstanding is bounded by who asks for tokens, not here.
    pub fn token(&self, id: I) -> Token {
        self.shared.lock().outstanding += 1;
        let shared = Arc::clone(&self.shared);
        Token::new(move |outcome| {
            shared.lock().settled.push_back(Receipt { id, outcome });
            shared.arrived.notify_one();
        })
    }

    /// Tokens issued whose receipts were not taken yet.
    pub fn outstanding(&self) -> usize {
        self.shared.lock().outstanding
    }

    /// The next receipt, if one is there.
    pub fn try_next(&self) -> Option<Receipt<I>> {
        let mut state = self.shared.lock();
        let receipt = state.settled.pop_front()?;
        state.outstanding -= 1;
        Some(receipt)
    }

    /// Waits for the next receipt; for ever while none is outstanding. Safe to cancel.
    pub async fn next(&self) -> Receipt<I> {
        loop {
            let arrived = self.shared.arrived.notified();
            if let Some(receipt) = self.try_next() {
                return receipt;
            }
            arrived.await;
        }
    }
}

impl<I: Send + 'static> Default for Receipts<I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I> Shared<I> {
    fn lock(&self) -> MutexGuard<'_, State<I>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
