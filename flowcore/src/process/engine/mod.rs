//! Runs a topology: one task for each spout and bolt instance, with bounded mailboxes between them.

mod ahead;
mod bolt_task;
mod bolt_time;
mod control;
mod counters;
mod deadlines;
mod desk;
mod edge;
mod events;
mod explain;
mod fault;
mod handle;
mod holds;
mod inbox;
mod inquiry;
mod latency;
mod ledger;
#[cfg(test)]
mod ledger_model;
mod mailbox;
mod phase;
mod port;
mod prometheus;
mod pulse;
mod rates;
mod running;
mod settings;
#[cfg(test)]
mod share_model;
mod snapshot;
mod spout_task;
mod time_wiring;
mod told;

pub(crate) use bolt_task::BoltTask;
pub(crate) use control::{Control, Controls};
pub(crate) use counters::{Count, Counters};
pub(crate) use edge::{Edge, ship, tell};
pub(crate) use handle::WatchedEdge;
pub(crate) use holds::Hold;
pub(crate) use inbox::Inbox;
pub(crate) use ledger::{Ledger, Sent};
pub(crate) use mailbox::{MailboxReceiver, MailboxSender, loop_mailbox, mailbox};
pub(crate) use phase::{Idle, Phase};
pub(crate) use port::{Port, TypedPort};
pub(crate) use pulse::{NotReturned, Pulse};
pub(crate) use running::{Wiring, start};
pub(crate) use settings::{Settings, SpoutPolicies};
pub(crate) use spout_task::SpoutTask;

pub use control::NoSuchSpout;
pub use deadlines::Deadline;
pub use handle::TopologyHandle;
pub use latency::Latency;
pub use rates::ComponentRates;
pub use running::{RunError, RunReport, RunningTopology, Unsettled};
pub use settings::{Delivery, RetryPolicy};
pub use snapshot::{EdgeSnapshot, TaskKind, TaskSnapshot, TopologySnapshot};
