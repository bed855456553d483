//! The program with a Redis as queue, live channel and store.
//!
//! | name | type | content |
//! |---|---|---|
//! | `CoffeeOrderQueue` | list | orders, JSON lines: pushed at the end, taken from the head |
//! | `CoffeeOrderQueue:positions` | hash | up to where each file of orders was pushed |
//! | `<branch>:<bucket>:<dimension>` | hash | name to count, for each branch and `all` |
//! | `CoffeeOrderBranches` | set | the branches that ever had orders |
//! | `CHANNEL_REDIS_PUBSUB` | channel | open buckets, as packets |
//!
//! A bucket's counts and the removal of its entries from the pending list are one transaction.

mod board;
mod collector;
mod error;
mod keeper;
mod server;

pub use board::{PacketBoard, QueueBoard};
pub use collector::OrderFilter;
pub use error::ServerError;
pub use keeper::QueueKeeper;
pub use server::Server;

/// The list of orders.
pub const QUEUE: &str = "CoffeeOrderQueue";
/// The channel of open buckets.
pub const LIVE_CHANNEL: &str = "CHANNEL_REDIS_PUBSUB";
/// The branches that ever had orders.
pub const BRANCHES_KEY: &str = "CoffeeOrderBranches";

/// The hash of a bucket in one branch and dimension.
pub fn bucket_key(
    branch: &str,
    bucket: crate::bucket::BucketName,
    dimension: crate::packet::Dimension,
) -> String {
    format!("{branch}:{bucket}:{dimension}")
}
