//! What a protocol says of itself: how bytes become frames, frames calls, and outcomes bytes. It does no input
//! or output, and is told of one connection alone.
//!
//! A server of lines, each an event, which is answered with a word:
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use flowcore::event::Event;
//! use flowcore_rpc::protocol::{Outcome, Session, Step};
//! use flowcore_rpc::{Decoder, Layers, ListenConfig, RpcSource, ServerProtocol};
//!
//! #[derive(Debug, thiserror::Error)]
//! #[error("a line has more than 1000 bytes")]
//! struct TooLong;
//!
//! #[derive(Default)]
//! struct Lines(BytesMut);
//!
//! impl Decoder for Lines {
//!     type Frame = Bytes;
//!     type Error = TooLong;
//!     fn frame_bytes(&self) -> usize { 1000 }
//!     fn input(&mut self) -> &mut BytesMut { &mut self.0 }
//!     fn is_between_frames(&self) -> bool { self.0.is_empty() }
//!     fn held(&self) -> usize { self.0.len() }
//!     fn worth_reserving(&self) -> usize { 1000 }
//!     fn next_frame(&mut self) -> Result<Option<Bytes>, TooLong> {
//!         let end = self.0.iter().position(|byte| *byte == b'\n');
//!         match end {
//!             Some(end) => Ok(Some(self.0.split_to(end + 1).freeze())),
//!             None if self.0.len() > 1000 => Err(TooLong),
//!             None => Ok(None),
//!         }
//!     }
//! }
//!
//! struct Talk;
//!
//! impl Session for Talk {
//!     type Decoder = Lines;
//!     type Call = ();
//!     type Error = TooLong;
//!     fn decoder(&self) -> Lines { Lines::default() }
//!     fn read(&mut self, line: &Bytes, _: &mut Vec<u8>) -> Result<Step<()>, TooLong> {
//!         Ok(Step::Put((), vec![Event::new(line.clone())]))
//!     }
//!     fn answer(&mut self, (): &(), outcome: Outcome, out: &mut Vec<u8>) -> Result<(), TooLong> {
//!         out.extend_from_slice(if outcome == Outcome::Committed { b"ok\n" } else { b"no\n" });
//!         Ok(())
//!     }
//! }
//!
//! #[derive(Debug)]
//! struct Config(ListenConfig);
//!
//! impl Layers for Config {}
//!
//! impl ServerProtocol for Config {
//!     const NAME: &'static str = "lines";
//!     type Status = ();
//!     type Session = Talk;
//!     fn listen(&self) -> &ListenConfig { &self.0 }
//!     fn session(&self) -> Talk { Talk }
//! }
//!
//! let source = RpcSource::new(Config(ListenConfig::new("localhost", 4000)));
//! # let _ = source;
//! ```

mod client;
mod decoder;
mod layers;
mod server;

pub use client::{Answer, ClientProtocol, Exchange};
pub use decoder::Decoder;
pub use layers::{Io, Layers, Stream};
pub use server::{Outcome, ServerProtocol, Session, Step};
