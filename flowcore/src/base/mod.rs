//! What both halves stand on: the delivery token, the clock, tasks, the disk, back-off; and what the programs around
//! them need: signals to stop, files that are whole.
//!
//! Three seams live here and nowhere else: [`Clock`] is the only reader of time, [`TaskSet`] the only
//! spawner of tasks, [`Disk`] the only way to files.

mod backoff;
mod causes;
mod clock;
mod contain;
mod delivery_error;
mod disk;
mod local_disk;
#[cfg(test)]
mod local_disk_tests;
mod random;
mod receipts;
mod spawn;
mod stop;
mod stop_signals;
pub(crate) mod sync;
mod token;
mod token_set;
#[cfg(test)]
mod token_set_tests;
#[cfg(test)]
mod token_stress;
mod trouble;

pub use backoff::{Backoff, RestartPolicy};
pub use causes::with_causes;
pub use clock::{Clock, Stopwatch, Timestamp};
pub(crate) use contain::contain_call;
pub use contain::{Panic, contain};
pub use delivery_error::{DeliveryError, LossKind};
pub(crate) use disk::folder_of;
pub use disk::{Disk, DiskEntry, DiskFile, DiskLock, FileIdentity};
pub use local_disk::LocalDisk;
pub use random::random_u64;
pub use receipts::{Receipt, Receipts};
pub use spawn::{BlockingPool, TaskEnd, TaskError, TaskSet, blocking, on_own_thread};
pub use stop::Stop;
pub use stop_signals::{StopSignal, StopSignals};
pub use token::Token;
pub use token_set::TokenSet;
pub use trouble::{Trouble, TroubleExtent, TroubleNews, whole_seconds};

pub(crate) use token::{Completion, Failure, Root, Work};
