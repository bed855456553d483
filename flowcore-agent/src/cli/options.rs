use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::arguments::{self, Defaults};
use super::{AvroClientOptions, ToolOptions, TopOptions, output};

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

impl Cli {
    /// What this program was called with: the old words of `flume-ng` are understood (`-name a1`,
    /// `-conf-file x`, `-prov CLASS`), and options that are not said stand in `/etc/flume/flume.opts`. Ends the
    /// program with 2 when it does not understand, and with 0 after help was asked for.
    pub fn from_command_line() -> Self {
        match arguments::complete(std::env::args_os().collect(), &Defaults::of_this_machine()) {
            Ok(arguments) => Self::parse_from(arguments),
            Err(error) => {
                output::complain(format_args!("error: {error}"));
                std::process::exit(2);
            }
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is wrong with a configuration, and what it would run. Nothing is opened.
    Check(CheckOptions),
    /// Run an agent until SIGTERM or SIGINT; a second signal ends it at once.
    #[command(visible_alias = "node")]
    Agent(Box<AgentOptions>),
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
    #[arg(short = 'f', long = "conf-file", value_name = "FILE", required_unless_present_any = ["uris", "zookeeper", "provider"])]
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
    /// Where the configuration is.
    #[command(flatten)]
    pub origin: OriginOptions,
    /// What has no effect, or is refused.
    #[command(flatten)]
    pub old: OldOptions,
}

/// Where the configuration is, beside its files, and how it is followed.
#[derive(Debug, Args)]
pub struct OriginOptions {
    /// A configuration at a file:, http: or https: address; read after the files.
    #[arg(short = 'u', long = "conf-uri", value_name = "URI")]
    pub uris: Vec<String>,
    /// The user that web servers ask for.
    #[arg(long = "conf-user", value_name = "NAME", requires = "password")]
    pub user: Option<String>,
    /// The user's password.
    #[arg(long = "conf-password", value_name = "PASSWORD", requires = "user")]
    pub password: Option<String>,
    /// Whether the name of a web server must be that in its certificate.
    #[arg(long, value_name = "true|false", default_value_t = true, action = clap::ArgAction::Set)]
    pub verify_host: bool,
    /// How often the configuration is looked at, in seconds: 30 unless said otherwise, 300 for what is on web
    /// servers. A changed file is seen at once where folders can be watched.
    #[arg(short = 'i', long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub poll_interval: Option<u64>,
    /// Where the last configuration that ran is kept, for a start at which it cannot be read.
    #[arg(short = 'b', long, value_name = "FOLDER", requires = "name")]
    pub backup_directory: Option<PathBuf>,
    /// Changes of the configuration are not followed while the agent runs.
    #[arg(long)]
    pub no_reload_conf: bool,
}

/// What has no effect here, or is refused with what to do instead.
#[derive(Debug, Args)]
pub struct OldOptions {
    /// Accepted for old start scripts, without effect.
    #[arg(short = 'C', long, value_name = "PATH")]
    pub classpath: Option<String>,
    /// Accepted for old start scripts, without effect.
    #[arg(long, value_name = "PATH")]
    pub plugins_path: Option<String>,
    /// `-X…`: options of the Java machine.
    #[arg(long = "java-option", hide = true, allow_hyphen_values = true)]
    pub java: Vec<String>,
    /// Refused: a class of Flume's.
    #[arg(long = "conf-provider", value_name = "CLASS", hide = true)]
    pub provider: Option<String>,
    /// Refused: a class of Flume's.
    #[arg(short = 'a', long = "auth-provider", value_name = "CLASS", hide = true)]
    pub auth_provider: Option<String>,
    /// Refused: hosts of a `ZooKeeper`.
    #[arg(short = 'z', long = "zkConnString", value_name = "HOSTS", hide = true)]
    pub zookeeper: Option<String>,
    /// Refused: a node of a `ZooKeeper`.
    #[arg(short = 'p', long = "zkBasePath", value_name = "PATH", hide = true)]
    pub zookeeper_base: Option<String>,
}

impl OldOptions {
    /// What cannot be done, and what to do instead.
    pub(super) fn refused(&self) -> Option<&'static str> {
        if self.zookeeper.is_some() || self.zookeeper_base.is_some() {
            return Some(
                "--zkConnString: there is no ZooKeeper here; put the configuration into a file, or at a --conf-uri",
            );
        }
        if self.provider.is_some() {
            return Some("--conf-provider: there are no Java classes here; use --conf-file or --conf-uri");
        }
        self.auth_provider
            .as_ref()
            .map(|_| "--auth-provider: there are no Java classes here; use --conf-user and --conf-password")
    }
}
