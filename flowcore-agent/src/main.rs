//! The program `flowcore`: see `flowcore --help`.

use std::process::ExitCode;

use clap::Parser;
use flowcore_agent::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse()).into()
}
