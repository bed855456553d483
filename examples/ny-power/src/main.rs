//! The program `ny-power`: see `ny-power --help`.

use std::process::ExitCode;

use clap::Parser;
use flowcore::base::with_causes;
use ny_power::cli::Cli;
use ny_power::run;

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        // A log that cannot be written must not end what is logged; to complain of it would.
        .log_internal_errors(false)
        .init();
    match run::run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {}", with_causes(&*failure));
            ExitCode::FAILURE
        }
    }
}
