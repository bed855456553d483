use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Checks and runs agents from Flume's configuration files.
///
/// Exit codes: 0 all went well, 1 it failed while it ran, 2 the command line was not understood, 3 the
/// configuration is bad.
#[derive(Debug, Parser)]
#[command(name = "flowcore", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is wrong with a configuration, and what it would run. Nothing is opened.
    Check(CheckOptions),
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct CheckOptions {
    /// Properties files. A later one replaces equal keys of an earlier one.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only this agent.
    #[arg(short, long)]
    pub name: Option<String>,
    /// Unknown and doubled keys are errors, and warnings fail the check.
    #[arg(long)]
    pub strict: bool,
    /// A source may name channels that are not there, as long as one is.
    #[arg(long)]
    pub lenient: bool,
    /// What `${sys:NAME}` is.
    #[arg(short = 'D', value_name = "NAME=VALUE")]
    pub system: Vec<String>,
    /// For editors: one JSON object.
    #[arg(long)]
    pub json: bool,
}
