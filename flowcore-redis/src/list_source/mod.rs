//! Entries of a list, taken one time each and acknowledged.
//!
//! A consumer moves entries from the head of the list `<key>` to the end of its own list
//! `<key>:pending:<consumer>` in one step, and removes them from there when what they caused is safe.
//!
//! - **Acknowledged when** everything that was emitted for a batch of entries is safe; or, with
//!   [`ListConsumerConfig::settled_elsewhere`], by whoever calls [`ListConsumer::settle_with`].
//! - **What can repeat:** entries that were not acknowledged when the consumer died.
//! - **Order** is the list's. Entries that come back are put before all others, in their old order; what
//!   two consumers hold is ordered for each of them, not between them.
//! - **When the server is away** the consumer tries to connect for ever, with bounded pauses. Nothing that
//!   was moved is lost when the answer was.
//!
//! Every consumer needs a name of its own. A consumer that starts under a name takes the name's pending
//! entries back at once, and whoever ran under it before is *fenced*: it gets [`ErrorKind::Fenced`] and can
//! neither remove nor commit anything. The entries of a consumer that died are taken back by the others when
//! its lease is over. A lease that ran out while the server was away is no death: others look twice. A server
//! that comes back without its data is taken as it is: what was taken before is not taken from it again.
//!
//! | Key | Type | Content |
//! |---|---|---|
//! | `<key>` | list | what waits |
//! | `<key>:pending:<consumer>` | list | what the consumer has taken |
//! | `<key>:consumers` | set | the names of all consumers |
//! | `<key>:owner:<consumer>` | string | the token of the instance that runs under the name; for a week after its end, that it ended |
//! | `<key>:lease:<consumer>` | string with expiry | there while it lives |
//! | `<key>:taken:<consumer>` | string | how many entries the instance was given |
//! | `<key>:commit:<consumer>` | string | its last commit |
//!
//! [`ErrorKind::Fenced`]: crate::ErrorKind::Fenced

mod config;
mod consumer;
mod keys;
mod reader;
mod renewal;
mod rescue;
mod scripts;
mod settler;
mod source;
mod spout;

pub use config::ListConsumerConfig;
pub use consumer::ListConsumer;
pub use settler::Settled;
pub use source::ListSource;
pub use spout::ListSpout;
