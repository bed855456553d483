//! Writes orders as a busy coffee chain would have them.

mod order;
mod pace;
mod random;

use std::fs::File;
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use flowcore::base::{Clock, Panic, blocking, random_u64};
use tokio::sync::watch;

use crate::lines::open_complete;
use crate::order::Order;
use crate::statistics::Totals;
use order::write_order;
pub use order::{BRANCHES, random_order};
use pace::Pace;
pub use random::SplitMix;

/// The file of orders, one JSON object in each line.
pub const ORDERS_FILE: &str = "CoffeeOrders.txt";
/// The generator's log: after each write, how many orders and cups the file has.
pub const LOG_FILE: &str = "CoffeeLog.txt";
/// The most orders in one write, about 150 KB.
const BATCH: u64 = 1_000;

/// What the generator is to write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeneratorSettings {
    /// Orders a second; fractions are fine.
    pub rate: f64,
    /// End when the file has so many, those of earlier runs included. Without it, go on until stopped.
    pub orders: Option<u64>,
    /// Makes every run write the same orders, also when it is interrupted and goes on.
    pub seed: Option<u64>,
}

impl Default for GeneratorSettings {
    fn default() -> Self {
        Self { rate: 40.0, orders: None, seed: None }
    }
}

/// Why the generator does not write.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GeneratorError {
    /// A rate that is none.
    #[error("a rate of {rate} orders a second: use a number above 0")]
    Rate {
        /// The rate asked for.
        rate: f64,
    },
    /// The file or the log could not be opened and read.
    #[error("cannot open {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file or the log could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A fault of the program.
    #[error("the generator failed")]
    Failed(#[source] Panic),
}

/// Appends random orders to [`ORDERS_FILE`] at an even rate: uniform and independent in every field, one to
/// ten cups. Lines are whole: those that are due together are one write. What is written is not synced: a
/// crash of the program loses nothing of it, one of the machine may.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use coffee_orders::generator::{Generator, GeneratorSettings};
/// use flowcore::base::Clock;
/// let settings = GeneratorSettings { rate: 10_000.0, orders: Some(50), seed: Some(7) };
/// let mut generator = Generator::open(dir.path(), settings, Clock::system()).await?;
/// let totals = generator.run(std::future::pending()).await?;
/// assert_eq!(totals.orders, 50);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Generator {
    orders: Appended,
    log: Appended,
    totals: watch::Sender<Totals>,
    pace: Pace,
    seed: u64,
    most: u64,
    clock: Clock,
}

#[derive(Debug)]
struct Appended {
    path: PathBuf,
    file: File,
}

impl Generator {
    /// Opens the files in `dir`, to go on where they end. A line that a crash left without its end is cut
    /// off, and the totals are counted from the file itself.
    ///
    /// # Errors
    /// [`GeneratorError::Rate`] and [`GeneratorError::Open`].
    pub async fn open(dir: &Path, settings: GeneratorSettings, clock: Clock) -> Result<Self, GeneratorError> {
        let pace = Pace::new(settings.rate).ok_or(GeneratorError::Rate { rate: settings.rate })?;
        let paths = (dir.join(ORDERS_FILE), dir.join(LOG_FILE));
        let opened = blocking(move || open(paths.0, paths.1)).await.map_err(GeneratorError::Failed)?;
        let (orders, log, totals) = opened?;
        let seed = settings.seed.unwrap_or_else(random_u64);
        let most = settings.orders.unwrap_or(u64::MAX);
        Ok(Self { orders, log, totals: watch::Sender::new(totals), pace, seed, most, clock })
    }

    /// What the file holds now, and as it grows.
    pub fn totals(&self) -> watch::Receiver<Totals> {
        self.totals.subscribe()
    }

    /// Writes until the file has all orders or `stopping` is done, and says what the file holds then. The
    /// rate counts from now: what was not written while nobody ran is not made up for.
    ///
    /// # Errors
    /// [`GeneratorError::Write`]. The next [`open`](Self::open) mends the file.
    pub async fn run(&mut self, stopping: impl Future<Output = ()>) -> Result<Totals, GeneratorError> {
        let mut stopping = pin!(stopping);
        let (before, watch) = (self.written(), self.clock.stopwatch());
        while self.written() < self.most {
            let due = before.saturating_add(self.pace.due(watch.elapsed())).min(self.most);
            self.write(due.saturating_sub(self.written()).min(BATCH))?;
            let wait = self.pace.wait(self.written() - before, watch.elapsed());
            tokio::select! {
                biased;
                () = &mut stopping => break,
                () = self.rest(wait) => {}
            }
        }
        Ok(*self.totals.borrow())
    }

    fn written(&self) -> u64 {
        self.totals.borrow().orders
    }

    async fn rest(&self, wait: Option<Duration>) {
        match wait {
            Some(wait) => self.clock.sleep(wait).await,
            // It is behind: only let the others have their turn.
            None => tokio::task::yield_now().await,
        }
    }

    fn write(&mut self, orders: u64) -> Result<(), GeneratorError> {
        if orders == 0 {
            return Ok(());
        }
        let mut totals = *self.totals.borrow();
        let mut lines = Vec::new();
        for _ in 0..orders {
            totals.cups += write_order(self.seed, totals.orders, &mut lines);
            totals.orders += 1;
        }
        self.orders.write(&lines)?;
        self.totals.send_replace(totals);
        self.log.write(log_line(totals).as_bytes())
    }
}

impl Appended {
    fn open(path: PathBuf, visit: impl FnMut(&[u8])) -> Result<Self, GeneratorError> {
        match open_complete(&path, visit) {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(GeneratorError::Open { path, source }),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), GeneratorError> {
        let path = &self.path;
        self.file.write_all(bytes).map_err(|source| GeneratorError::Write { path: path.clone(), source })
    }
}

fn open(orders: PathBuf, log: PathBuf) -> Result<(Appended, Appended, Totals), GeneratorError> {
    let mut totals = Totals::default();
    let orders = Appended::open(orders, |line| {
        totals.orders += 1;
        // Somebody else's line may be no order: it has no cups then.
        totals.cups += Order::parse(line).map_or(0, |order| order.cups().len() as u64);
    })?;
    let mut last = Vec::new();
    let mut log = Appended::open(log, |line| {
        last.clear();
        last.extend_from_slice(line);
    })?;
    let now = log_line(totals);
    if totals.orders > 0 && last != now.trim_end().as_bytes() {
        log.write(now.as_bytes())?;
    }
    Ok((orders, log, totals))
}

fn log_line(totals: Totals) -> String {
    format!("row : {}, count : {}\n", totals.orders, totals.cups)
}
