use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{AvroClientOptions, ToolOptions, TopOptions};

/// Checks and runs agents from Flume's configuration files.
///
/// Exit codes: 0 all went well, 1 it failed while it ran, 2 the command line was not understood, 3 the
/// configuration is bad, 130 or 143 a second signal ended it at once.
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
    /// Run an agent until SIGTERM or SIGINT; a second signal ends it at once.
    #[command(visible_alias = "node")]
    Agent(AgentOptions),
    /// Show a running agent live: components, rates, how full channels are, what fails.
    Top(TopOptions),
    /// Send lines as events to an Avro source.
    AvroClient(AvroClientOptions),
    /// Flume's tools, and what to use instead.
    Tool(ToolOptions),
    /// Look at what a file channel has on disk, while no agent uses it.
    Channel {
        /// What to do.
        #[command(subcommand)]
        command: ChannelCommand,
    },
    /// Say which version this is.
    Version,
}

/// What to do with a file channel's folders.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// Read all of it: segments, events, damage. Nothing is changed; ends with 1 if events are lost.
    Check(ChannelOptions),
    /// Give up the events that cannot be read, and say which; all others stay.
    Repair(ChannelOptions),
}

/// Options of `channel`.
#[derive(Debug, Args)]
pub struct ChannelOptions {
    /// The channel's `dataDirs`, all of them.
    #[arg(required = true, value_name = "FOLDER")]
    pub folders: Vec<String>,
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

/// Options of `agent`, as those of `flume-ng agent`.
#[derive(Debug, Args)]
pub struct AgentOptions {
    /// The agent. May be left out when the files have one only.
    #[arg(short, long)]
    pub name: Option<String>,
    /// A properties file. A later one replaces equal keys of an earlier one.
    #[arg(short = 'f', long = "conf-file", required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A folder with settings of Flume's start script; nothing in it is run.
    #[arg(short, long, value_name = "FOLDER")]
    pub conf: Option<PathBuf>,
    /// What `${sys:NAME}` is; `flume.root.logger` sets the level of the log.
    #[arg(short = 'D', value_name = "NAME=VALUE")]
    pub system: Vec<String>,
    /// How long each step of a stop may take, in seconds.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub grace: u64,
    /// Show what would run, and end.
    #[arg(short, long)]
    pub dryrun: bool,
    /// Accepted: changes of the files are not followed while the agent runs.
    #[arg(long)]
    pub no_reload_conf: bool,
    /// Accepted for old start scripts, without effect.
    #[arg(short = 'C', long, value_name = "PATH")]
    pub classpath: Option<String>,
    /// Accepted for old start scripts, without effect.
    #[arg(long, value_name = "PATH")]
    pub plugins_path: Option<String>,
}
