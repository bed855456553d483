use std::error::Error;

type Cause = Box<dyn Error + Send + Sync>;

/// Why a channel could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// It takes no more events, and has none left.
    #[error("channel {channel} is closed")]
    Closed {
        /// The channel's name.
        channel: String,
    },
    /// What it keeps its events in failed.
    #[error("channel {channel} cannot reach its storage")]
    Storage {
        /// The channel's name.
        channel: String,
        /// What the storage said.
        #[source]
        cause: Cause,
    },
}

/// What a channel refused, and why. Nothing is lost: the events are in it.
#[derive(thiserror::Error)]
#[error("channel {channel} refused events: {kind}")]
pub struct PutError<B> {
    /// The channel's name.
    pub channel: String,
    /// Why they were refused.
    pub kind: PutErrorKind,
    /// What was refused: a `Vec` of events, or a [`Batch`](super::Batch) with its token.
    pub refused: B,
}

impl<B> std::fmt::Debug for PutError<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PutError({self})")
    }
}

/// Why a batch was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PutErrorKind {
    /// No room came free in the time that a put waits: try again later.
    #[error("it stayed full")]
    Full,
    /// It has more events or bytes than a transaction may ever have: make it smaller.
    #[error("the batch is larger than a transaction may be")]
    TooLarge,
    /// The channel takes no more events.
    #[error("it is closed")]
    Closed,
    /// What the channel keeps its events in failed.
    #[error("its storage failed")]
    Storage,
    /// It had room and then could not commit: whether it has the events is not known.
    #[error("its commit failed")]
    Commit,
}

impl PutErrorKind {
    /// Whether the same batch may be taken later.
    pub fn retries(self) -> bool {
        matches!(self, Self::Full | Self::Storage)
    }
}

/// Why a source cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It may pass: the source is started again after a pause.
    #[error("the source failed")]
    Retry(#[source] Cause),
    /// It will not pass by itself: a wrong password, a configuration that cannot work.
    #[error("the source cannot work")]
    Fatal(#[source] Cause),
}

/// Why a sink did not deliver.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// It may pass: the batch stays in the channel and is tried again after a pause.
    #[error("delivery failed")]
    Retry(#[source] Cause),
    /// It will not pass by itself. The batch stays in the channel.
    #[error("the sink cannot work")]
    Fatal(#[source] Cause),
}

impl SourceError {
    /// A failure that may pass.
    pub fn retry(cause: impl Into<Cause>) -> Self {
        Self::Retry(cause.into())
    }

    /// A failure that will not pass by itself.
    pub fn fatal(cause: impl Into<Cause>) -> Self {
        Self::Fatal(cause.into())
    }

    /// Whether to try again.
    pub fn retries(&self) -> bool {
        matches!(self, Self::Retry(_))
    }
}

impl SinkError {
    /// A failure that may pass.
    pub fn retry(cause: impl Into<Cause>) -> Self {
        Self::Retry(cause.into())
    }

    /// A failure that will not pass by itself.
    pub fn fatal(cause: impl Into<Cause>) -> Self {
        Self::Fatal(cause.into())
    }

    /// Whether to try again.
    pub fn retries(&self) -> bool {
        matches!(self, Self::Retry(_))
    }
}
