//! Runs the program, or one part of it.

mod dump;
mod embedded;
mod failure;
mod generate;
mod progress;
mod replay;
mod stop;
mod tail;

pub use failure::Failure;

use crate::cli::{Cli, Command};

/// Does what the command line says.
///
/// # Errors
/// Why it could not.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        None => embedded::run(&cli.all).await,
        Some(Command::Replay(options)) => replay::run(&options).await,
        Some(Command::Dump(options)) => dump::run(&options).await,
        Some(Command::Collect(_) | Command::Count(_) | Command::Web(_)) => Err(Failure::new("later")),
    }
}
