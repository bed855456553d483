//! Flume's configuration files, read, checked and run: the library of the program `flowcore`.

mod agent_file;
mod assemble;
pub mod check;
pub mod cli;
mod components;
pub mod diagnostic;
pub mod interpolate;
pub mod keys;
mod load;
pub mod model;
pub mod monitor;
mod origin;
pub mod properties;
pub mod registry;
pub mod reload;
pub mod spool;
mod tls_defaults;
pub mod top;

pub use agent_file::{AgentFile, AgentFileError, FromProperties};
pub use assemble::{AssembleError, assemble};
pub use load::{Checked, check_files, date_now, load_files, without_running};

/// The README, so that its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The way from Flume, so that its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-flume.md")]
struct FromFlume;

#[cfg(fuzzing)]
#[doc(hidden)]
pub use spool::fuzzing;
