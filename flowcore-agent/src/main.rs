//! The program `flowcore`: see `flowcore --help`.

use std::process::ExitCode;

use flowcore_agent::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::from_command_line()).into()
}
