//! What the program is told on its command line.

mod speed;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
pub use speed::{Speed, SpeedError};

use crate::archive::WindowLength;
use crate::web::WebSocketAddress;

/// How much CO2 a kilowatt-hour of New York's grid costs, from the grid operator's own files.
///
/// Without a command it runs all of it in one process: a broker, the pump that publishes intervals, the archive,
/// and the pages. Ctrl-C stops it in order, a second one at once; the next start goes on where it stopped.
#[derive(Debug, Parser)]
#[command(name = "ny-power", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// One part of the program, or another job.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// For running all of it.
    #[command(flatten)]
    pub all: AllOptions,
}

/// One part of the program, or another job.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compute every interval of saved files, without any broker
    Compute(ComputeOptions),
    /// Only read intervals and publish them at a broker
    Pump(PumpOptions),
    /// Only archive what is published at a broker, and publish the window
    Archive(ArchiveRoleOptions),
    /// Only serve the pages; they talk to the broker by themselves
    Web(WebOptions),
    /// Only run the broker
    Broker(BrokerRoleOptions),
    /// Write the configuration, passwords and permissions of a Mosquitto that does what the broker here does
    BrokerConfig(BrokerConfigOptions),
}

/// For running all of it in one process.
#[derive(Debug, Args)]
pub struct AllOptions {
    /// Where intervals come from.
    #[command(flatten)]
    pub source: SourceOptions,
    /// Use this broker
    #[arg(long, value_name = "URL", help = BROKER_HELP)]
    pub broker: Option<String>,
    /// The pump's password.
    #[command(flatten)]
    pub password: PasswordOptions,
    /// Which archive.
    #[command(flatten)]
    pub archive: ArchiveOptions,
    /// Where files are.
    #[command(flatten)]
    pub dir: DirOptions,
    /// Where the broker is.
    #[command(flatten)]
    pub listen: ListenOptions,
    /// Where the page is.
    #[command(flatten)]
    pub page: PageOptions,
}

/// For publishing at a broker.
#[derive(Debug, Args)]
pub struct PumpOptions {
    /// Where intervals come from.
    #[command(flatten)]
    pub source: SourceOptions,
    /// Which broker
    #[arg(long, value_name = "URL", help = ROLE_BROKER_HELP, default_value = "mqtt://127.0.0.1:1883")]
    pub broker: String,
    /// The pump's password.
    #[command(flatten)]
    pub password: PasswordOptions,
}

/// For archiving what is published at a broker.
#[derive(Debug, Args)]
pub struct ArchiveRoleOptions {
    /// Which broker
    #[arg(long, value_name = "URL", help = ROLE_BROKER_HELP, default_value = "mqtt://127.0.0.1:1883")]
    pub broker: String,
    /// The pump's password.
    #[command(flatten)]
    pub password: PasswordOptions,
    /// Which archive.
    #[command(flatten)]
    pub archive: ArchiveOptions,
    /// Where files are.
    #[command(flatten)]
    pub dir: DirOptions,
    /// The name under which the broker keeps messages for this archive: each one needs its own
    #[arg(long, value_name = "NAME", default_value = "ny-power-archive")]
    pub client_id: String,
}

/// For serving the pages.
#[derive(Debug, Args)]
pub struct WebOptions {
    /// Where the page is.
    #[command(flatten)]
    pub page: PageOptions,
    /// The port of the broker's websocket, at the host that the page is loaded from
    #[arg(long, value_name = "PORT", default_value_t = 9001)]
    pub ws_port: u16,
}

/// For running the broker.
#[derive(Debug, Args)]
pub struct BrokerRoleOptions {
    /// Where the broker is.
    #[command(flatten)]
    pub listen: ListenOptions,
    /// What it listens on.
    #[command(flatten)]
    pub host: HostOptions,
    /// The pump's password.
    #[command(flatten)]
    pub password: PasswordOptions,
    /// Where files are.
    #[command(flatten)]
    pub dir: DirOptions,
}

/// For a Mosquitto's files.
#[derive(Debug, Args)]
pub struct BrokerConfigOptions {
    /// The folder to write them to
    #[arg(value_name = "DIR")]
    pub to: PathBuf,
    /// Where the broker is.
    #[command(flatten)]
    pub listen: ListenOptions,
    /// The address that it listens on [default: all]
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<IpAddr>,
    /// The pump's password.
    #[command(flatten)]
    pub password: PasswordOptions,
}

/// For computing saved files.
#[derive(Debug, Args)]
pub struct ComputeOptions {
    /// A file of the operator, a zip with such files, or a folder with both
    #[arg(value_name = "FILE|ZIP|DIR")]
    pub input: PathBuf,
    /// Print every interval and a summary as one JSON document [default: a summary for people]
    #[arg(long)]
    pub json: bool,
}

/// Where files are.
#[derive(Debug, Clone, Args)]
pub struct DirOptions {
    /// The folder for everything that is written: archive, retained messages, passwords
    #[arg(long, default_value = "./ny-power-data")]
    pub dir: PathBuf,
}

/// Where intervals come from.
#[derive(Debug, Clone, Args)]
pub struct SourceOptions {
    /// Poll the operator's public files [default: a generated day, without any network]
    #[arg(long)]
    pub live: bool,
    /// Fetch so many days of the past before the live ones
    #[arg(long, value_name = "DAYS", requires = "live", value_parser = clap::value_parser!(u16).range(1..=3660))]
    pub backlog: Option<u16>,
    /// Read saved files: one of the operator, a zip with such files, or a folder with both
    #[arg(long, value_name = "FILE|ZIP|DIR", conflicts_with = "live")]
    pub input: Option<PathBuf>,
    /// Poll the files in this folder of a server instead
    #[arg(long, value_name = "URL", requires = "live")]
    pub url: Option<String>,
    /// Minutes of data that are replayed in a second, a fraction is fine; `max` does not wait
    #[arg(long, value_name = "MINUTES", default_value_t, conflicts_with = "live")]
    pub speed: Speed,
    /// The same generated day again for the same number [default: a different one each time]
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["live", "input"])]
    pub seed: Option<u64>,
    /// Stop when the input is through and everything is published and archived
    #[arg(long, conflicts_with = "live")]
    pub exit: bool,
}

const ROLE_BROKER_HELP: &str = "The broker, as in mqtt://127.0.0.1:1883 (mqtts:// for TLS). While it is away, \
    also at the start, this waits";
const WEBSOCKET_HELP: &str = "Where browsers find the broker's websocket, as in ws://grid.example:9001";
const BROKER_HELP: &str = "Use this broker, as in mqtt://pump@127.0.0.1:1883 (mqtts:// for TLS) [default: one \
    in the program]";
const ARCHIVE_HELP: &str =
    "Archive into this InfluxDB, as in influx://127.0.0.1:8086 [default: a file in --dir]";

/// The pump's password.
#[derive(Debug, Clone, Args)]
pub struct PasswordOptions {
    /// The file with the pump's password [default: the variable `MQTT_PUMP_PASS`; the broker here makes its own]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// Where the broker in the program listens.
#[derive(Debug, Clone, Args)]
pub struct ListenOptions {
    /// The port of MQTT; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 1883)]
    pub mqtt_port: u16,
    /// The port of MQTT over websockets; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 9001)]
    pub ws_port: u16,
}

/// Which archive.
#[derive(Debug, Clone, Args)]
pub struct ArchiveOptions {
    /// Archive into this InfluxDB
    #[arg(long, value_name = "URL", help = ARCHIVE_HELP)]
    pub archive: Option<String>,
    /// How much of the past the page shows, as 20h or 90m
    #[arg(long, value_name = "TIME", default_value_t)]
    pub window: WindowLength,
}

/// Where the page is.
#[derive(Debug, Clone, Args)]
pub struct PageOptions {
    /// The port of the page; 0 takes a free one
    #[arg(long, default_value_t = 5000)]
    pub port: u16,
    /// What everything listens on.
    #[command(flatten)]
    pub host: HostOptions,
    /// Where browsers find the broker's websocket
    #[arg(long, value_name = "URL", help = WEBSOCKET_HELP)]
    pub websocket: Option<WebSocketAddress>,
}

/// What everything listens on.
#[derive(Debug, Clone, Copy, Args)]
pub struct HostOptions {
    /// The address that the program listens on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
}

impl HostOptions {
    /// Address and port.
    pub fn at(self, port: u16) -> SocketAddr {
        SocketAddr::new(self.host, port)
    }
}

#[cfg(test)]
mod tests;
