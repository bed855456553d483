//! The process engine, in virtual time.

mod build;
mod control;
mod delivery;
mod end;
mod flow;
mod grouping;
mod life;
mod look_ahead;
mod observe;
mod operators;
mod progress;
mod random;
mod restart;
mod shapes;
mod snapshot;
mod spouts;
mod storm;
mod time;
mod windows;

use std::time::Duration;

use flowcore::base::{Backoff, Clock, RestartPolicy};
use flowcore::process::{
    Bolt, BoltError, Emitter, RetryPolicy, RunError, RunReport, Topology, TopologyBuilder,
};

/// A topology whose delays are round numbers: three attempts 100 and 200 ms apart, restarts after 10 ms.
fn topology(clock: Clock) -> TopologyBuilder {
    let backoff = |first| Backoff::new(Duration::from_millis(first), Duration::from_secs(10));
    TopologyBuilder::new("test")
        .clock(clock)
        .retry(RetryPolicy { max_attempts: 3, backoff: backoff(100) })
        .restart(RestartPolicy {
            backoff: backoff(10),
            max_restarts: 5,
            stable_after: Duration::from_mins(1),
        })
}

/// Runs it to its end, which must come within a virtual hour.
async fn end_of(topology: Topology) -> Result<RunReport, RunError> {
    within_an_hour(topology.run()).await
}

async fn within_an_hour<T>(end: impl Future<Output = T>) -> T {
    let end = tokio::time::timeout(Duration::from_hours(1), end).await;
    end.unwrap_or_else(|_| panic!("it hangs"))
}

/// A bolt from a closure that may emit and fail.
struct Act<F>(F);

fn act<F>(f: F) -> Act<F>
where
    F: FnMut(u64, &mut Emitter<u64>) -> Result<(), BoltError> + Send + 'static,
{
    Act(f)
}

impl<F> Bolt<u64> for Act<F>
where
    F: FnMut(u64, &mut Emitter<u64>) -> Result<(), BoltError> + Send + 'static,
{
    type Out = Emitter<u64>;

    async fn execute(&mut self, tuple: &u64, out: &mut Self::Out) -> Result<(), BoltError> {
        (self.0)(*tuple, out)
    }
}
