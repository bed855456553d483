//! Lines over TCP, each answered with `OK`.
//!
//! - **Acknowledged when:** the lines of one read are put together and answered in their order after the
//!   commit: `OK` says that the channel has the line, not that a sink delivered it. A durable channel has it
//!   on disk then.
//! - **What can repeat:** a sender that lost the connection before it saw the answer cannot know, and sends
//!   again.
//! - **What is lost:** a last line without a newline, and without answers what was under way when either side
//!   stopped.
//! - **Order** is that of the lines of a connection.
//! - **When the channel is full** as long as it waits for room, the answer is `FAILED: ` and the reason, for
//!   each line, also where lines are not answered otherwise. The connection stays.
//! - **Limits:** a line that is too long is answered with `FAILED` and ends the connection; so do bytes that
//!   are not of the encoding, with a log line that names the peer. A peer that takes no answers is cut off.
//!
//! The body is the line in UTF-8, whatever encoding it came in; `\r` before the newline stays in it.

mod config;
mod connection;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod lines;
mod source;

pub use config::NetcatConfig;
pub use source::NetcatSource;
