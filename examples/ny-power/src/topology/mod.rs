//! The two topologies of the program, each around the broker.
//!
//! ```text
//! pump      readings ─▶ messages ─▶ publish            files in, messages out, the status last
//! archiver  messages ─▶ points ─▶ store ─▶ publish      messages in, points kept, the window out
//! ```

mod archiver;
mod feed;
mod instant;
mod pump;

/// How long a stop waits for a broker that is away. What is under way then comes again after the next start.
const GRACE: std::time::Duration = std::time::Duration::from_secs(5);

pub use archiver::{ArchiverProgress, ArchiverSettings, add_archiver};
pub use feed::{Feed, FeedError, GeneratedFeed, LiveFeed, SavedFeed};
pub use pump::{FeedFactory, PumpProgress, PumpSettings, add_pump};
