//! Sources put events into channels inside transactions; sinks take them out.

pub mod agent;
pub mod calendar;
pub mod channel;
mod context;
mod error;
pub mod interceptor;
pub mod local_host;
pub mod metrics;
pub mod path_escape;
pub mod pattern;
mod random;
pub mod selector;
pub mod sink;
pub mod sink_policy;
pub mod source;
mod stopping;
mod writer;

pub use agent::{Agent, AgentBuilder, AgentHandle};
pub use channel::{
    Batch, ByteBudget, Channel, ChannelFactory, ChannelHealth, ChannelState, Checkpoints, Damage,
    DecodeError, EncryptionKey, EncryptionKeyError, FileChannel, FileChannelBuilder, FileChannelError,
    FileChannelInspection, FileChannelStatus, MemoryChannel, MemoryChannelBuilder, PutTransaction,
    SegmentInspection, SpillableChannel, SpillableChannelBuilder, SpillableChannelError, Stored, SyncPolicy,
    Take, TakeTransaction,
};
pub use context::ComponentContext;
pub use error::{ChannelError, PutError, PutErrorKind, SinkError, SourceError};
pub use interceptor::Interceptor;
pub use local_host::LocalHost;
pub use selector::{LoadBalancingSelector, MultiplexingSelector, ReplicatingSelector, Selector};
pub use sink::Sink;
pub use sink_policy::{FailoverPolicy, LoadBalancePolicy, SinkPolicy};
pub use source::Source;
pub use stopping::Stopping;
pub use writer::ChannelWriter;
