use std::time::Duration;

use flowcore::base::{Clock, StopSignal, StopSignals, with_causes};
use flowcore::ingest::agent::{AgentError, AgentReport};
use flowcore::ingest::{Agent, AgentHandle};

use super::Exit;
use super::follower::Follower;
use super::full_channels;
use crate::monitor::{Monitor, MonitorConfig};

/// How long channels may take to write down what they left for later, when a second signal came: milliseconds,
/// unless their disk is busy.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Signals as close as this are one wish: `timeout`, a terminal with a wrapper script and some supervisors signal
/// both the process and its group.
const ONE_WISH: Duration = Duration::from_millis(250);

/// Runs an agent until a signal or a failure.
pub(super) async fn serve(
    agent: Agent,
    follower: Option<Follower<'_>>,
    monitoring: Option<MonitorConfig>,
    mut signals: StopSignals,
) -> Exit {
    let handle = match agent.start().await {
        Ok(handle) => handle,
        Err(error) => return failed(&error),
    };
    tracing::info!(agent = %handle.snapshot().agent, "runs");
    let _monitor = monitoring.map(|config| Monitor::start(config, handle.observer()));
    let follow = async {
        match follower {
            Some(follower) => follower.follow(&handle).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        // It ends by itself then: its channels settle as after a signal.
        _ = handle.failed() => {}
        _ = signals.next() => {}
        () = follow => {}
        () = full_channels::tell(&handle) => {}
    }
    stop(handle, signals).await
}

/// Sources first, then the sinks drain the channels; a second signal ends it at once.
async fn stop(mut handle: AgentHandle, mut signals: StopSignals) -> Exit {
    tracing::info!("stops");
    let signal = tokio::select! {
        () = handle.finished() => None,
        signal = second(&mut signals) => Some(signal),
    };
    let Some(signal) = signal else { return reported(handle.finish().await) };
    tracing::warn!("ends at once: nothing is drained");
    handle.abandon(AT_ONCE).await;
    match signal {
        StopSignal::Interrupt => Exit::Interrupted,
        StopSignal::Terminate | StopSignal::Hangup => Exit::Terminated,
    }
}

fn reported(end: Result<AgentReport, AgentError>) -> Exit {
    let report = match end {
        Ok(report) => report,
        Err(error) => return failed(&error),
    };
    for left in &report.left {
        tracing::warn!(channel = %left.channel, events = left.events, "events are left");
    }
    for component in &report.overdue {
        tracing::warn!(%component, "did not end in time");
    }
    for sink in &report.snapshot.sinks {
        tracing::info!(sink = %sink.name, delivered = sink.delivered, "stopped");
    }
    Exit::Clean
}

fn failed(error: &dyn std::error::Error) -> Exit {
    tracing::error!("{}", with_causes(error));
    Exit::Failed
}

/// Waits for one that is no echo of the first one, which came just now.
async fn second(signals: &mut StopSignals) -> StopSignal {
    let first = Clock::system().stopwatch();
    loop {
        let signal = signals.next().await;
        if is_another_wish(first.elapsed()) {
            return signal;
        }
    }
}

fn is_another_wish(since_first: Duration) -> bool {
    since_first >= ONE_WISH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_of_a_signal_is_no_second_one() {
        assert!(!is_another_wish(Duration::from_millis(1)));
        assert!(is_another_wish(Duration::from_millis(500)), "nobody presses a key again faster");
    }
}
