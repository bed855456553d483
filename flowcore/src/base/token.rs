use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};
use super::{DeliveryError, LossKind, Panic, TokenSet};

/// A share in the delivery of something that a source is waiting for.
///
/// Whoever holds a token owes an answer: [`ack`](Self::ack) when what it stands for is safe,
/// [`fail`](Self::fail) when it is not. A token that is dropped has failed. The source is told once, when
/// every share has been answered: success only if all of them succeeded.
///
/// A token crosses all of flowcore unchanged: a source puts it beside a batch, a memory channel carries it
/// to the commit of the take, a bridge hands it to a topology, a window keeps it until its result is stored.
///
/// ```
/// use flowcore::base::Token;
/// use std::sync::mpsc;
///
/// let (told, answer) = mpsc::channel();
/// let token = Token::new(move |outcome| told.send(outcome.is_ok()).unwrap());
/// let other_half = token.share();
/// token.ack();
/// assert!(answer.try_recv().is_err(), "one share is still open");
/// other_half.ack();
/// assert_eq!(answer.recv(), Ok(true));
/// ```
#[must_use = "a token that is dropped has failed"]
#[derive(Debug)]
pub struct Token {
    root: Option<Arc<Root>>,
    index: u32,
}

impl Token {
    /// A token that calls `on_settled` once, when all its shares are answered. The call comes from whatever
    /// task answers last: it must be short and must not block.
    pub fn new(on_settled: impl FnOnce(Result<(), DeliveryError>) + Send + 'static) -> Self {
        let root = Root::kept(Arc::new(Callback(Mutex::new(Some(on_settled)))), 0);
        Self { root: Some(root), index: 0 }
    }

    /// A token nobody waits for: every answer to it is forgotten.
    pub fn untracked() -> Self {
        Self { root: None, index: 0 }
    }

    /// A token that answers for all of `set`: it acknowledges or fails every one of them.
    pub fn joint(set: TokenSet) -> Self {
        if set.is_empty() {
            return Self::untracked();
        }
        Self { root: Some(Root::kept(Arc::new(Joint(Mutex::new(Some(set)))), 0)), index: 0 }
    }

    /// Begins the deadline of what it answers for anew, if there is one: whoever holds it is not done, and knows.
    /// Cheap enough for once a second, not for every tuple.
    pub fn keep_alive(&self) {
        if let Some(root) = &self.root {
            root.keep_alive();
        }
    }

    pub(crate) fn of(root: Option<Arc<Root>>, index: u32) -> Self {
        if let Some(root) = &root {
            root.keep();
        }
        Self { root, index }
    }

    /// Whether anybody waits for the answer.
    pub fn is_tracked(&self) -> bool {
        self.root.is_some()
    }

    /// One more share: both must be answered.
    pub fn share(&self) -> Self {
        Self::of(self.root.clone(), self.index)
    }

    /// What this share stands for is safe.
    pub fn ack(mut self) {
        if let Some(root) = self.root.take() {
            root.release_kept();
        }
    }

    /// What this share stands for could not be delivered.
    pub fn fail(mut self, error: DeliveryError) {
        self.fail_now(error);
    }

    fn fail_now(&mut self, error: DeliveryError) {
        if let Some(root) = self.root.take() {
            root.record(Failure { index: self.index, error });
            root.release_kept();
        }
    }

    pub(crate) fn into_root(mut self) -> Option<(Arc<Root>, u32)> {
        self.root.take().map(|root| (root, self.index))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if self.root.is_some() {
            self.fail_now(DeliveryError::new("the holder of its token", LossKind::Dropped));
        }
    }
}

/// Who is told about a root.
pub(crate) trait Completion: Send + Sync + 'static {
    /// No task has work left for it, but somebody keeps a share. Frees `max_pending`; may come after
    /// `settled`. `failures` are those so far; `settled` tells them again.
    fn done(&self, root: u64, failures: Vec<Failure>);

    /// Every share has been answered. Called once, with all failures.
    fn settled(&self, root: u64, failures: Vec<Failure>);

    /// Somebody who works on it, or keeps some of it, needs more time.
    fn keep_alive(&self, _root: u64) {}
}

/// One tuple of a root that was not delivered.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) index: u32,
    pub(crate) error: DeliveryError,
}

/// What the shares of one batch have in common.
///
/// One word counts both kinds of share: the low half those that are work in some mailbox or task, the high
/// half those that were kept. A root is *done* when the low half is zero and *settled* when both are.
pub(crate) struct Root {
    shares: AtomicU64,
    failures: Mutex<Vec<Failure>>,
    completion: Arc<dyn Completion>,
    id: u64,
}

const WORK: u64 = 1;
const KEPT: u64 = 1 << 32;
const WORK_MASK: u64 = KEPT - 1;

impl Root {
    fn new(shares: u64, completion: Arc<dyn Completion>, id: u64) -> Arc<Self> {
        Arc::new(Self { shares: AtomicU64::new(shares), failures: Mutex::default(), completion, id })
    }

    fn kept(completion: Arc<dyn Completion>, id: u64) -> Arc<Self> {
        Self::new(KEPT, completion, id)
    }

    fn keep(&self) {
        self.shares.fetch_add(KEPT, Ordering::Relaxed);
    }

    pub(crate) fn keep_alive(&self) {
        self.completion.keep_alive(self.id);
    }

    pub(crate) fn record(&self, failure: Failure) {
        let mut failures = self.failures();
        // Many outputs of one tuple may fail one after the other: one failure says it.
        let told = failures.last().is_some_and(|last| {
            last.index == failure.index && last.error.retries() == failure.error.retries()
        });
        if !told {
            failures.push(failure);
        }
    }

    fn failures(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn release_kept(&self) {
        if self.shares.fetch_sub(KEPT, Ordering::AcqRel) == KEPT {
            self.completion.settled(self.id, std::mem::take(&mut *self.failures()));
        }
    }

    fn release_work(&self) {
        let before = self.shares.fetch_sub(WORK, Ordering::AcqRel);
        if before == WORK {
            self.completion.settled(self.id, std::mem::take(&mut *self.failures()));
        } else if before & WORK_MASK == WORK {
            self.completion.done(self.id, self.failures().clone());
        }
    }
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shares = self.shares.load(Ordering::Relaxed);
        f.debug_struct("Root")
            .field("id", &self.id)
            .field("work", &(shares & WORK_MASK))
            .field("kept", &(shares >> 32))
            .finish_non_exhaustive()
    }
}

/// A share of a root that is work: in a mailbox, or being executed. `None` for tuples nobody waits for.
///
/// Dropping it says only that this work is over: whoever drops work undone records its failures first.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Work(Option<Arc<Root>>);

impl Work {
    /// The first share of a new root.
    pub(crate) fn root(completion: Arc<dyn Completion>, id: u64) -> Self {
        Self(Some(Root::new(WORK, completion, id)))
    }

    /// Work that answers to `token`.
    pub(crate) fn anchored_to(token: Token) -> Self {
        let Some((root, index)) = token.into_root() else { return Self(None) };
        Self::root(Arc::new(Anchor(Mutex::new(Some((root, index))))), 0)
    }

    pub(crate) fn keep_alive(&self) {
        if let Some(root) = &self.0 {
            root.keep_alive();
        }
    }

    pub(crate) fn root_ref(&self) -> Option<&Arc<Root>> {
        self.0.as_ref()
    }

    /// A token for the tuple `index` of this root.
    pub(crate) fn token(&self, index: u32) -> Token {
        Token::of(self.0.clone(), index)
    }

    pub(crate) fn fail(&self, index: u32, error: DeliveryError) {
        if let Some(root) = &self.0 {
            root.record(Failure { index, error });
        }
    }
}

impl Clone for Work {
    fn clone(&self) -> Self {
        if let Some(root) = &self.0 {
            root.shares.fetch_add(WORK, Ordering::Relaxed);
        }
        Self(self.0.clone())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(root) = self.0.take() {
            root.release_work();
        }
    }
}

/// Hands the outcome of anchored work to the token that it is anchored to.
struct Anchor(Mutex<Option<(Arc<Root>, u32)>>);

impl Completion for Anchor {
    fn done(&self, _root: u64, _failures: Vec<Failure>) {}

    fn settled(&self, _root: u64, failures: Vec<Failure>) {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((root, index)) = held {
            if let Some(first) = failures.into_iter().next() {
                root.record(Failure { index, error: first.error });
            }
            root.release_kept();
        }
    }

    fn keep_alive(&self, _root: u64) {
        if let Some((root, _)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            root.keep_alive();
        }
    }
}

/// Hands the outcome to all tokens of a set.
struct Joint(Mutex<Option<TokenSet>>);

impl Completion for Joint {
    fn done(&self, _root: u64, _failures: Vec<Failure>) {}

    fn settled(&self, _root: u64, failures: Vec<Failure>) {
        let set = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (set, failures.into_iter().next()) {
            (Some(set), Some(failure)) => set.fail(&failure.error),
            (Some(set), None) => set.ack(),
            (None, _) => {}
        }
    }

    fn keep_alive(&self, _root: u64) {
        if let Some(set) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            set.keep_alive();
        }
    }
}

struct Callback<F>(Mutex<Option<F>>);

impl<F: FnOnce(Result<(), DeliveryError>) + Send + 'static> Completion for Callback<F> {
    fn done(&self, _root: u64, _failures: Vec<Failure>) {}

    fn settled(&self, _root: u64, failures: Vec<Failure>) {
        let tell = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(tell) = tell {
            let outcome = failures.into_iter().next().map_or(Ok(()), |failure| Err(failure.error));
            // It may be called from a destructor while a panic unwinds.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| tell(outcome))) {
                let panic = Panic::from_payload(&*payload);
                tracing::error!(%panic, "who was to be told about a token");
            }
        }
    }
}
