#![expect(clippy::disallowed_methods, reason = "this is the one file that reads the clock")]

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant there is.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant there is.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The latest multiple of `step`, counted from 1970, that is not after this. `step` has at least 1 ms.
    #[must_use]
    pub fn floor(self, step: Duration) -> Self {
        let step = millis(step).max(1);
        Self(self.0.div_euclid(step).saturating_mul(step))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The only way to the time, so that a test can say what time it is.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use flowcore::base::{Clock, Timestamp};
/// let noon = Timestamp::from_millis(1_411_905_600_000);
/// assert_eq!(Clock::fixed(noon).now(), noon);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    System,
    Since { start: Timestamp, origin: Instant },
    Fixed(Timestamp),
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that shows `start` now and goes on with the runtime's time: where that is paused, it stands,
    /// and jumps when nobody is busy. Call it inside a runtime.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Kind::Since { start, origin: Instant::now() })
    }

    /// A clock that stands still: everything happens at `instant`.
    pub fn fixed(instant: Timestamp) -> Self {
        Self(Kind::Fixed(instant))
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Kind::System => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                Timestamp(since.map_or(0, millis))
            }
            Kind::Since { start, origin } => *start + origin.elapsed(),
            Kind::Fixed(instant) => *instant,
        }
    }

    /// Waits for a stretch of the runtime's time.
    pub async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Waits until it is `instant`. For ever if the clock stands still before it.
    pub async fn sleep_until(&self, instant: Timestamp) {
        /// The machine's clock may be set: look again at least this often.
        const LOOK_AGAIN: Duration = Duration::from_mins(1);
        loop {
            let now = self.now();
            if now >= instant {
                return;
            }
            match self.0 {
                Kind::Fixed(_) => std::future::pending().await,
                _ => self.sleep(instant.since(now).min(LOOK_AGAIN)).await,
            }
        }
    }

    /// Waits until it is `instant`; if the clock stands still, for as long as that would take.
    pub(crate) async fn sleep_towards(&self, instant: Timestamp) {
        match self.0 {
            Kind::Fixed(now) => self.sleep(instant.since(now)).await,
            Kind::System | Kind::Since { .. } => self.sleep_until(instant).await,
        }
    }

    /// Starts measuring a stretch of time.
    pub fn stopwatch(&self) -> Stopwatch {
        Stopwatch(Instant::now())
    }
}

/// Measures a stretch of the runtime's time.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// The time since it was started.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
