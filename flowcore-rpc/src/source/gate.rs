use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use flowcore::base::{TaskEnd, TaskSet};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::config::{Admits, Verdict};

/// Peers that are asked about at a time. One more is refused: the asking may hang, and those behind it may be
/// known.
const JUDGED: usize = 256;

/// A connection of which nothing was read.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
}

/// The one place where peers are refused.
pub(super) struct Gate {
    /// The source's name.
    source: Arc<str>,
    admits: Option<Admits>,
    /// For a verdict.
    patience: Duration,
    judging: TaskSet<Option<Arrival>>,
    unjudged: u64,
}

impl Gate {
    /// With nobody to ask, everybody is admitted.
    pub(super) fn new(source: &Arc<str>, admits: Option<Admits>, patience: Duration) -> Self {
        Self { source: Arc::clone(source), admits, patience, judging: TaskSet::new(), unjudged: 0 }
    }

    /// Who is admitted at once. Others are refused, or come out of [`admitted`](Self::admitted).
    pub(super) fn judge(&mut self, arrival: Arrival) -> Option<Arrival> {
        let Some(admits) = &self.admits else { return Some(arrival) };
        // Who cannot be judged is refused.
        let here = arrival.stream.local_addr().ok()?;
        let mut verdict = admits(arrival.peer, here);
        match verdict.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(admitted) => admitted_or_gone(&self.source, arrival, admitted),
            Poll::Pending => {
                self.ask(arrival, verdict);
                None
            }
        }
    }

    /// The next one that had to be asked about and is admitted; `None` when nobody is asked about. Safe to
    /// cancel.
    pub(super) async fn admitted(&mut self) -> Option<Arrival> {
        loop {
            match self.judging.next().await?.1 {
                TaskEnd::Done(Some(arrival)) => return Some(arrival),
                TaskEnd::Panicked(panic) => {
                    tracing::error!(source = %self.source, %panic, "a filter of peers");
                }
                TaskEnd::Done(None) | TaskEnd::Aborted => {}
            }
        }
    }

    fn ask(&mut self, arrival: Arrival, verdict: Verdict) {
        if self.judging.len() >= JUDGED {
            self.unjudged += 1;
            // With every power of two: often enough to be seen, never a flood.
            if self.unjudged.is_power_of_two() {
                let (peer, refused) = (arrival.peer, self.unjudged);
                tracing::warn!(source = %self.source, %peer, refused, "connections are refused: too many wait to be judged");
            }
            return;
        }
        let (source, patience) = (Arc::clone(&self.source), self.patience);
        self.judging.spawn("verdict", async move {
            let admitted = timeout(patience, verdict).await.unwrap_or(false);
            admitted_or_gone(&source, arrival, admitted)
        });
    }
}

fn admitted_or_gone(source: &str, arrival: Arrival, admitted: bool) -> Option<Arrival> {
    if !admitted {
        tracing::debug!(%source, peer = %arrival.peer, "a connection is not admitted");
    }
    admitted.then_some(arrival)
}
