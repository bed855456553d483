//! The command line of `flowcore`.

mod agent;
mod check;
mod external;
mod json;
mod options;
mod read;
mod serve;
mod system;
mod table;

use std::io::IsTerminal;
use std::process::ExitCode;

pub use options::{AgentOptions, CheckOptions, Cli, Command};

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

/// Runs a command.
pub fn run(cli: Cli) -> Exit {
    match cli.command {
        Command::Check(options) => check::run(&options, std::io::stdout().is_terminal()),
        Command::Agent(options) => agent::run(&options),
        Command::Version => {
            println!("flowcore {}", env!("CARGO_PKG_VERSION"));
            Exit::Clean
        }
    }
}
