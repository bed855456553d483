//! Runs the program, or one part of it.

mod compute;
mod failure;

pub use failure::Failure;

use crate::cli::{Cli, Command};

/// Does what the command line says.
///
/// # Errors
/// Why it could not.
pub fn run(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Compute(options) => compute::run(options),
    }
}
