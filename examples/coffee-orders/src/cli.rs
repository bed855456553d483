//! What the program is told on its command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::bucket::Bucketing;

/// Coffee orders, counted as they come: a generator, a tail, a topology, a store and a live page.
///
/// Without a command it runs all of it in one process. Ctrl-C stops it in order; the next start goes on where
/// it stopped.
#[derive(Debug, Parser)]
#[command(name = "coffee-orders", version, args_conflicts_with_subcommands = true)]
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
    /// Count a file of orders to its end and print everything as one JSON document
    Replay(ReplayOptions),
    /// Print everything that is stored as one JSON document
    Dump(DumpOptions),
    /// Only write orders (unless --no-generate) and move them into the queue of a Redis
    Collect(CollectOptions),
    /// Only count the queue of a Redis and store the buckets there
    Count(CountOptions),
    /// Only serve the page, from a Redis
    Web(WebOptions),
}

const REDIS_HELP: &str = "Use this Redis as queue, live channel and store, as in redis://127.0.0.1:6379 \
    (rediss:// for TLS) [default: everything is kept in --dir]. While it is away, also at the start, the \
    program waits for it; one that refuses, as for a wrong password, ends the program. A second Ctrl-C ends it \
    at once: what is not stored then is counted after the next start";

/// For running all of it in one process.
#[derive(Debug, Args)]
pub struct AllOptions {
    /// Use a Redis as queue, live channel and store
    #[arg(long, value_name = "URL", long_help = REDIS_HELP)]
    pub redis: Option<String>,
    /// Where files are.
    #[command(flatten)]
    pub dir: DirOptions,
    /// Who writes orders.
    #[command(flatten)]
    pub generator: GeneratorOptions,
    /// How buckets are cut.
    #[command(flatten)]
    pub buckets: BucketOptions,
    /// Where the page is.
    #[command(flatten)]
    pub page: PageOptions,
}

/// Where files are.
#[derive(Debug, Clone, Args)]
pub struct DirOptions {
    /// The folder for everything that is written: orders, the generator's log, rejects, store, positions
    #[arg(long, default_value = "./coffee-orders-data")]
    pub dir: PathBuf,
}

/// Who writes orders.
#[derive(Debug, Clone, Args)]
pub struct GeneratorOptions {
    /// Orders a second that the generator writes; a fraction is fine
    #[arg(long, value_name = "ORDERS_PER_SECOND", default_value_t = 40.0, value_parser = rate)]
    pub rate: f64,
    /// The generator ends when the file has this many orders [default: it does not end]
    #[arg(long, value_name = "N")]
    pub orders: Option<u64>,
    /// The same orders again for the same number [default: different ones each time]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Write no orders: follow a file that somebody else writes, CoffeeOrders.txt in --dir
    #[arg(long, conflicts_with_all = ["orders", "seed"])]
    pub no_generate: bool,
    /// Stop when all that was generated is counted and stored
    #[arg(long)]
    pub exit: bool,
}

/// How buckets are cut.
#[derive(Debug, Clone, Args)]
pub struct BucketOptions {
    /// The length of a bucket: whole seconds that divide an hour, as 30s or 5m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = bucket)]
    pub bucket: Duration,
    /// The time zone in which buckets are named, as Asia/Seoul
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    pub zone: String,
}

/// Where the page is.
#[derive(Debug, Clone, Args)]
pub struct PageOptions {
    /// The port of the page; 0 takes a free one
    #[arg(long, default_value_t = 3000)]
    pub port: u16,
    /// The address that the page listens on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
}

impl PageOptions {
    /// Address and port.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

/// For counting a file.
#[derive(Debug, Args)]
pub struct ReplayOptions {
    /// The file of orders, one JSON object a line
    pub file: PathBuf,
    /// The instant of all orders, in RFC 3339: its bucket is theirs
    #[arg(long, value_name = "INSTANT", default_value = "2014-09-28T12:00:00Z", value_parser = instant)]
    pub at: flowcore::base::Timestamp,
    /// Print JSON, the one form there is
    #[arg(long)]
    pub json: bool,
    /// How buckets are cut.
    #[command(flatten)]
    pub buckets: BucketOptions,
}

/// For printing what is stored.
#[derive(Debug, Args)]
pub struct DumpOptions {
    /// The Redis it is stored in [default: the store in --dir]
    #[arg(long, value_name = "URL")]
    pub redis: Option<String>,
    /// Where files are.
    #[command(flatten)]
    pub dir: DirOptions,
    /// Print JSON, the one form there is
    #[arg(long)]
    pub json: bool,
}

/// For moving orders into a queue.
#[derive(Debug, Args)]
pub struct CollectOptions {
    /// The Redis with the queue. While it is away, also at the start, this waits for it
    #[arg(long, value_name = "URL", default_value = "redis://127.0.0.1:6379")]
    pub redis: String,
    /// Where files are.
    #[command(flatten)]
    pub dir: DirOptions,
    /// Who writes orders.
    #[command(flatten)]
    pub generator: GeneratorOptions,
}

/// For counting a queue.
#[derive(Debug, Args)]
pub struct CountOptions {
    /// The Redis with the queue. While it is away, also at the start, this waits for it
    #[arg(long, value_name = "URL", default_value = "redis://127.0.0.1:6379")]
    pub redis: String,
    /// Where files are.
    #[command(flatten)]
    pub dir: DirOptions,
    /// How buckets are cut.
    #[command(flatten)]
    pub buckets: BucketOptions,
    /// The name under which entries are pending: two counting processes need two names
    #[arg(long, value_name = "NAME", default_value = "count")]
    pub consumer: String,
    /// Stop when the queue is empty and all of it is counted and stored
    #[arg(long)]
    pub exit: bool,
}

/// For serving the page.
#[derive(Debug, Args)]
pub struct WebOptions {
    /// The Redis with the buckets. While it is away, also at the start, this waits for it
    #[arg(long, value_name = "URL", default_value = "redis://127.0.0.1:6379")]
    pub redis: String,
    /// How buckets are cut.
    #[command(flatten)]
    pub buckets: BucketOptions,
    /// Where the page is.
    #[command(flatten)]
    pub page: PageOptions,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("it is a number above zero".to_owned()),
    }
}

/// A length that buckets can have.
fn bucket(text: &str) -> Result<Duration, String> {
    let length = duration(text)?;
    Bucketing::new(length, "UTC").map(|_| length).map_err(|error| error.to_string())
}

fn zone(name: &str) -> Result<String, String> {
    let hour = Duration::from_hours(1);
    Bucketing::new(hour, name).map(|_| name.to_owned()).map_err(|error| error.to_string())
}

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 =
        number.parse().map_err(|_| "it is a whole number and a unit, as 30s or 5m".to_owned())?;
    let seconds = match unit {
        "" | "s" => Some(number),
        "m" => number.checked_mul(60),
        "h" => number.checked_mul(3600),
        _ => return Err(format!("unknown unit {unit}: it is s, m or h")),
    };
    seconds.map(Duration::from_secs).ok_or_else(|| "it is too long".to_owned())
}

fn instant(text: &str) -> Result<flowcore::base::Timestamp, String> {
    let instant: jiff::Timestamp = text.parse().map_err(|error| format!("{error}"))?;
    Ok(flowcore::base::Timestamp::from_millis(instant.as_millisecond()))
}
