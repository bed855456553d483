//! Whole agents, as processes: the program `flowcore` and, where it is asked for, a real Flume run the same
//! configuration on the same input. The rate is from the start of the source, as the agent itself tells it,
//! to the last event; the time of the processor and the memory are the system's. Flume's ends when the JVM's
//! warm-up is over or not: what is measured is one run, as somebody has it.
//!
//! Files of lines are made once and kept in the temporary folder.

mod cases;
mod channel;
mod input;
mod metrics;
mod pipeline;
mod process;
mod rpc;
mod start;

pub use cases::run;

/// Bytes of a line, its newline included.
const LINE: u64 = 200;
