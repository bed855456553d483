//! Runs the program, or one part of it.

mod collect;
mod count;
mod dump;
mod embedded;
mod failure;
mod generate;
mod page;
mod progress;
mod queue;
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
