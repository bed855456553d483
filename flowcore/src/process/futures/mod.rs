//! Where topologies meet the `futures` of the rest of the world: any `Stream` as a spout, any `Sink` as a bolt
//! at the end, any stream of a topology read as a `Stream`.

mod reader;
mod sink_bolt;
mod stream_spout;

pub use reader::{ReaderBolt, StreamReader, reader};
pub use sink_bolt::FuturesSinkBolt;
pub use stream_spout::StreamSpout;
