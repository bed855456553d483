//! Runs the program, or one part of it.

mod collect;
mod count;
mod dump;
mod embedded;
mod generate;
mod page;
mod progress;
mod queue;
mod replay;
mod tail;

use std::error::Error;

use crate::cli::{Cli, Command};

/// Why the program ends with an error.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Does what the command line says.
///
/// # Errors
/// Why it could not.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        None => match &cli.all.redis {
            Some(url) => queue::run_all(url, &cli.all).await,
            None => embedded::run(&cli.all).await,
        },
        Some(Command::Replay(options)) => replay::run(&options).await,
        Some(Command::Dump(options)) => dump::run(&options).await,
        Some(Command::Collect(options)) => queue::run_collect(&options).await,
        Some(Command::Count(options)) => queue::run_count(&options).await,
        Some(Command::Web(options)) => queue::run_web(&options).await,
    }
}
