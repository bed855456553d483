use std::error::Error;
use std::sync::Arc;

/// Why the delivery of a tuple or a batch failed, and whether to try again.
///
/// Cheap to clone: when one cause takes many tuples with it, they share it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{kind} in {component}")]
pub struct DeliveryError {
    component: Arc<str>,
    kind: LossKind,
    #[source]
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// What kind of failure a [`DeliveryError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LossKind {
    /// The component returned an error that may pass: the tuple is tried again.
    Failed,
    /// The component refused the tuple for good: it is not tried again.
    Rejected,
    /// The component panicked while it worked on the tuple.
    Panicked,
    /// The token was dropped without an answer, or what carried it went away.
    Dropped,
    /// It was to go round once more, and the way back was full.
    NoRoom,
    /// It took longer than its deadline allows.
    TimedOut,
}

impl LossKind {
    /// Whether another attempt makes sense.
    pub fn retries(self) -> bool {
        !matches!(self, Self::Rejected)
    }
}

impl std::fmt::Display for LossKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Failed => "delivery failed",
            Self::Rejected => "rejected for good",
            Self::Panicked => "panic",
            Self::Dropped => "dropped without an answer",
            Self::NoRoom => "no room",
            Self::TimedOut => "timed out",
        })
    }
}

impl DeliveryError {
    /// A failure of `kind` in `component`.
    pub fn new(component: impl Into<Arc<str>>, kind: LossKind) -> Self {
        Self { component: component.into(), kind, cause: None }
    }

    /// The same with the error that caused it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// The component that failed.
    pub fn component(&self) -> &str {
        &self.component
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> LossKind {
        self.kind
    }

    /// Whether another attempt makes sense.
    pub fn retries(&self) -> bool {
        self.kind.retries()
    }

    /// The message and those of its causes, in one line.
    pub fn chain(&self) -> String {
        super::with_causes(self)
    }
}
