//! Where ingest and process meet: a channel as a spout, a sink as a bolt, a bolt that puts into a channel.
//!
//! The token of a batch goes through all of them: what a source put with a token is acknowledged to that
//! source when the last bolt or sink behind the bridge is done with it.

mod channel_bolt;
mod channel_spout;
mod pending;
mod sink_bolt;

pub use channel_bolt::ChannelBolt;
pub use channel_spout::ChannelSpout;
pub use sink_bolt::SinkBolt;
