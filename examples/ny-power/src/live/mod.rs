//! The operator's public files, followed as they grow.
//!
//! There is a file for each day of New York's calendar. [`Poll`] decides what is fetched when, and what of it
//! is new; it takes the time and the answers and does nothing itself. [`Follower`] asks the server.
//!
//! Files are followed one after the other, so that rows come by time: today's is first asked for when
//! yesterday's has its closing row of 00:00, or is not expected to get it any more.

mod answer;
mod config;
mod day;
mod day_file;
mod follower;
mod poll;

pub use answer::{Answer, Validators};
pub use config::PollConfig;
pub use day_file::{FileError, Rows};
pub use follower::{Follower, PUBLIC_FILES};
pub use poll::{Event, Fetch, Poll, Step, Trouble};
