/// Something that a component counts. The names are Flume's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Counter {
    /// Sources: events that came in.
    EventReceived,
    /// Sources: events that the channels have.
    EventAccepted,
    /// Sources: events that their sender sent alone.
    AppendReceived,
    /// Sources: those of them that the channels have.
    AppendAccepted,
    /// Sources: batches that came in.
    AppendBatchReceived,
    /// Sources: batches that the channels have.
    AppendBatchAccepted,
    /// Sources: connections that are open now.
    OpenConnection,
    /// Sources: what could not be read or understood.
    EventReadFail,
    /// Sources: puts that a channel refused, also those that were tried again.
    ChannelWriteFail,
    /// Sources: other failures.
    GenericProcessingFail,
    /// Sinks: connections that were made, or files that were opened.
    ConnectionCreated,
    /// Sinks: connections or files that were closed.
    ConnectionClosed,
    /// Sinks: connections or files that could not be opened, or broke.
    ConnectionFailed,
    /// Sinks: how often the channel had nothing.
    BatchEmpty,
    /// Sinks: batches with fewer events than there may be.
    BatchUnderflow,
    /// Sinks: batches with as many events as there may be.
    BatchComplete,
    /// Sinks: events of deliveries that were begun.
    EventDrainAttempt,
    /// Sinks: events that were delivered and committed.
    EventDrainSuccess,
    /// Sinks: deliveries that failed.
    EventWriteFail,
    /// Sinks: takes, or commits of takes, that failed.
    ChannelReadFail,
    /// Channels: events that somebody wanted to put.
    EventPutAttempt,
    /// Channels: events whose put was committed.
    EventPutSuccess,
    /// Channels: events that were taken, also those that went back.
    EventTakeAttempt,
    /// Channels: events whose take was committed.
    EventTakeSuccess,
    /// Durable channels: puts that the storage failed.
    EventPutError,
    /// Durable channels: takes that the storage failed.
    EventTakeError,
    /// Durable channels: checkpoints that could not be written.
    CheckpointWriteError,
    /// Durable channels: copies of checkpoints that could not be written.
    CheckpointBackupWriteError,
}

impl Counter {
    /// How many there are.
    pub(super) const ALL: usize = Self::CheckpointBackupWriteError as usize + 1;

    /// Those of a source.
    pub const SOURCE: [Self; 10] = [
        Self::EventReceived,
        Self::EventAccepted,
        Self::AppendReceived,
        Self::AppendAccepted,
        Self::AppendBatchReceived,
        Self::AppendBatchAccepted,
        Self::OpenConnection,
        Self::EventReadFail,
        Self::ChannelWriteFail,
        Self::GenericProcessingFail,
    ];

    /// Those of a sink.
    pub const SINK: [Self; 10] = [
        Self::ConnectionCreated,
        Self::ConnectionClosed,
        Self::ConnectionFailed,
        Self::BatchEmpty,
        Self::BatchUnderflow,
        Self::BatchComplete,
        Self::EventDrainAttempt,
        Self::EventDrainSuccess,
        Self::EventWriteFail,
        Self::ChannelReadFail,
    ];

    /// Those of every channel.
    pub const CHANNEL: [Self; 4] =
        [Self::EventPutAttempt, Self::EventPutSuccess, Self::EventTakeAttempt, Self::EventTakeSuccess];

    /// What a channel has besides that knows how its storage is.
    pub const DURABLE_CHANNEL: [Self; 4] = [
        Self::EventPutError,
        Self::EventTakeError,
        Self::CheckpointWriteError,
        Self::CheckpointBackupWriteError,
    ];

    /// Its name in Flume's monitoring.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EventReceived => "EventReceivedCount",
            Self::EventAccepted => "EventAcceptedCount",
            Self::AppendReceived => "AppendReceivedCount",
            Self::AppendAccepted => "AppendAcceptedCount",
            Self::AppendBatchReceived => "AppendBatchReceivedCount",
            Self::AppendBatchAccepted => "AppendBatchAcceptedCount",
            Self::OpenConnection => "OpenConnectionCount",
            Self::EventReadFail => "EventReadFail",
            Self::ChannelWriteFail => "ChannelWriteFail",
            Self::GenericProcessingFail => "GenericProcessingFail",
            Self::ConnectionCreated => "ConnectionCreatedCount",
            Self::ConnectionClosed => "ConnectionClosedCount",
            Self::ConnectionFailed => "ConnectionFailedCount",
            Self::BatchEmpty => "BatchEmptyCount",
            Self::BatchUnderflow => "BatchUnderflowCount",
            Self::BatchComplete => "BatchCompleteCount",
            Self::EventDrainAttempt => "EventDrainAttemptCount",
            Self::EventDrainSuccess => "EventDrainSuccessCount",
            Self::EventWriteFail => "EventWriteFail",
            Self::ChannelReadFail => "ChannelReadFail",
            Self::EventPutAttempt => "EventPutAttemptCount",
            Self::EventPutSuccess => "EventPutSuccessCount",
            Self::EventTakeAttempt => "EventTakeAttemptCount",
            Self::EventTakeSuccess => "EventTakeSuccessCount",
            Self::EventPutError => "EventPutErrorCount",
            Self::EventTakeError => "EventTakeErrorCount",
            Self::CheckpointWriteError => "CheckpointWriteErrorCount",
            Self::CheckpointBackupWriteError => "CheckpointBackupWriteErrorCount",
        }
    }

    /// Whether it can go down.
    pub const fn is_gauge(self) -> bool {
        matches!(self, Self::OpenConnection)
    }
}
