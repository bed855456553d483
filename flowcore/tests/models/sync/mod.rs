//! What the library's `base::sync` is in the models.
//!
//! Locks and atomics are loom's. Queues, watches and notices are tokio's, which tests its own: here each of
//! their operations is one step, and the steps of different threads come in every order.

pub(crate) mod mpsc;
mod notify;
mod step;
pub(crate) mod watch;

pub(crate) use std::sync::PoisonError;

pub(crate) use loom::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
pub(crate) use notify::Notify;
