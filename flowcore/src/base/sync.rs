//! What is shared between threads is made of these. The models in `tests/models` compile the same source
//! against others, which try every interleaving.

pub(crate) use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

pub(crate) use tokio::sync::{Notify, mpsc, watch};
