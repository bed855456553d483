//! The program `flowcore` with the sink of this project: `coffee-agent agent -n agent -f flume.conf`.

use std::process::ExitCode;

use coffee_orders::agent::registry;
use flowcore_agent::cli::{Cli, run_with};

fn main() -> ExitCode {
    run_with(Cli::from_command_line(), &registry()).into()
}
