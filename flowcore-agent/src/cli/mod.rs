//! The command line of `flowcore`.

mod agent;
mod arguments;
mod avro_client;
mod channel;
mod check;
mod external;
mod follower;
mod full_channels;
mod json;
mod loader;
mod options;
mod output;
mod said;
mod serve;
mod system;
mod table;
mod tool;
mod top;
mod watcher;

use std::io::IsTerminal;
use std::process::ExitCode;

use crate::registry::Registry;

pub use avro_client::AvroClientOptions;
pub use options::{
    AgentOptions, ChannelCommand, ChannelOptions, CheckOptions, Cli, Command, OldOptions, OriginOptions,
};
pub use tool::ToolOptions;
pub use top::TopOptions;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Clean = 0,
    /// It failed while it ran.
    Failed = 1,
    /// The command line was not understood.
    Usage = 2,
    /// The configuration is bad or cannot be read, or a check found errors.
    BadConfiguration = 3,
    /// A second SIGINT ended it at once.
    Interrupted = 130,
    /// A second SIGTERM ended it at once.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs a command with the types that are built in.
pub fn run(cli: Cli) -> Exit {
    run_with(cli, &Registry::builtin())
}

/// Runs a command with the types of `registry`: all that a program with components of its own needs beside
/// them. It checks, runs and shows agents as `flowcore` does.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use flowcore::ingest::sink::NullSink;
/// use flowcore_agent::cli::{Cli, run_with};
/// use flowcore_agent::registry::Registry;
///
/// fn main() -> ExitCode {
///     let registry = Registry::builtin().sink("com.example.TableSink", |_| Ok(NullSink::new));
///     run_with(Cli::from_command_line(), &registry).into()
/// }
/// ```
pub fn run_with(cli: Cli, registry: &Registry) -> Exit {
    match cli.command {
        Command::Check(options) => check::run(&options, registry, std::io::stdout().is_terminal()),
        Command::Agent(options) => agent::run(&options, registry),
        Command::Top(options) => top::run(&options),
        Command::AvroClient(options) => avro_client::run(&options),
        Command::Tool(options) => tool::run(&options),
        Command::Channel { command } => channel::run(&command),
        Command::Version => {
            output::say(concat!("flowcore ", env!("CARGO_PKG_VERSION")));
            Exit::Clean
        }
    }
}
