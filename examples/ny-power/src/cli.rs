//! What the program is told on its command line.

mod password;
mod speed;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
pub use password::{Password, PasswordError};
pub use speed::{Speed, SpeedError};

use crate::archive::WindowLength;

/// How much CO2 a kilowatt-hour of New York's grid costs, from the grid operator's own files.
#[derive(Debug, Parser)]
#[command(name = "ny-power", version)]
pub struct Cli {
    /// One part of the program, or another job.
    #[command(subcommand)]
    pub command: Command,
}

/// One part of the program, or another job.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compute every interval of saved files, without any broker
    Compute(ComputeOptions),
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
    #[arg(long, value_name = "DAYS", requires = "live", value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub backlog: Option<u32>,
    /// Read saved files: one of the operator, a zip with such files, or a folder with both
    #[arg(long, value_name = "FILE|ZIP|DIR", conflicts_with = "live")]
    pub input: Option<PathBuf>,
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

const BROKER_HELP: &str = "Use this broker, as in mqtt://pump@127.0.0.1:1883 (mqtts:// for TLS) [default: one \
    in the program]";
const ARCHIVE_HELP: &str =
    "Archive into this InfluxDB, as in influx://127.0.0.1:8086 [default: a file in --dir]";

/// Which broker, and who one is there.
#[derive(Debug, Clone, Args)]
pub struct BrokerOptions {
    /// Use this broker
    #[arg(long, value_name = "URL", help = BROKER_HELP)]
    pub broker: Option<String>,
    /// Who publishes at the broker, and with which password.
    #[command(flatten)]
    pub password: PasswordOptions,
}

/// The pump's password.
#[derive(Debug, Clone, Args)]
pub struct PasswordOptions {
    /// The file whose first line is the pump's password [default: the variable `MQTT_PUMP_PASS`]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// The pump's password. Not as an argument: those are seen by everybody on the machine.
    #[arg(skip = Password::of_environment())]
    pub password: Option<Password>,
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
