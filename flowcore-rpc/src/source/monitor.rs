use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// Watches a source from outside: where it listens, and its connections. It stays when the source is made
/// anew after a failure.
#[derive(Debug, Clone)]
pub struct SourceMonitor {
    address: watch::Sender<Option<SocketAddr>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    open: AtomicU64,
    all: AtomicU64,
    broken: AtomicU64,
    refused: AtomicU64,
}

impl SourceMonitor {
    /// For one source.
    pub fn new() -> Self {
        Self { address: watch::Sender::new(None), counts: Arc::default() }
    }

    /// Waits until the source listens. Safe to cancel.
    pub async fn address(&self) -> SocketAddr {
        let mut address = self.address.subscribe();
        loop {
            if let Some(address) = *address.borrow_and_update() {
                return address;
            }
            // It cannot fail: the sender is in `self`.
            let _ = address.changed().await;
        }
    }

    /// Connections that are open: `OpenConnectionCount` of Flume.
    pub fn open_connections(&self) -> u64 {
        self.counts.open.load(Ordering::Relaxed)
    }

    /// Connections that were ever open.
    pub fn connections(&self) -> u64 {
        self.counts.all.load(Ordering::Relaxed)
    }

    /// Connections that were ended because of what came over them, or that broke.
    pub fn broken_connections(&self) -> u64 {
        self.counts.broken.load(Ordering::Relaxed)
    }

    /// Calls that a channel refused: they were answered so.
    pub fn refused_calls(&self) -> u64 {
        self.counts.refused.load(Ordering::Relaxed)
    }

    pub(super) fn listens(&self, address: SocketAddr) {
        self.address.send_replace(Some(address));
    }

    /// One connection is open as long as what is returned.
    pub(super) fn opened(&self) -> Open {
        self.counts.open.fetch_add(1, Ordering::Relaxed);
        self.counts.all.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(&self.counts))
    }

    pub(super) fn broke(&self) {
        self.counts.broken.fetch_add(1, Ordering::Relaxed);
    }

    /// How many calls were refused, with this one.
    pub(super) fn refused(&self) -> u64 {
        self.counts.refused.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Default for SourceMonitor {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts a connection until it is dropped.
#[derive(Debug)]
pub(super) struct Open(Arc<Counts>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
