//! Runs the program, or one part of it.

mod all;
mod broker;
mod compute;
mod feed;
mod parts;
mod password;
mod program;
mod progress;
mod roles;
mod watch;
mod websocket;

use std::error::Error;

use crate::cli::{Cli, Command};

/// Why the program ends with an error.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The one part that may end by itself.
const PUMP: &str = "the pump";

/// Does what the command line says.
///
/// # Errors
/// Why it could not.
pub fn run(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Some(Command::Compute(options)) => compute::run(options),
        Some(Command::BrokerConfig(options)) => broker::write_config(options),
        Some(Command::Pump(options)) => served(roles::pump(options)),
        Some(Command::Archive(options)) => served(roles::archive(options)),
        Some(Command::Web(options)) => served(roles::web(options)),
        Some(Command::Broker(options)) => served(broker::run(options)),
        None => served(all::run(&cli.all)),
    }
}

fn served(role: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(role)
}
