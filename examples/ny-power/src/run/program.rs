use flowcore::base::{Stop, StopSignals, TaskSet};
use flowcore::process::RunningTopology;

use super::Failure;

/// The parts of the program that run. They stop one after the other, the last one first: who is started later
/// needs those before it.
#[derive(Default)]
pub(super) struct Program {
    tasks: TaskSet<Result<(), Failure>>,
    parts: Vec<(&'static str, Stop)>,
}

/// Ends when the part is to stop.
pub(super) type Stopped = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl Program {
    /// Starts a part: it runs until it is told to stop, or ends by itself.
    pub(super) fn start<F>(&mut self, name: &'static str, part: impl FnOnce(Stopped) -> F)
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let stop = Stop::new();
        self.tasks.spawn(name, part(Box::pin(stop.stopped())));
        self.parts.push((name, stop));
    }

    /// Starts a topology as a part.
    pub(super) fn start_topology(&mut self, name: &'static str, running: RunningTopology) {
        self.start(name, move |stopped| async move {
            let handle = running.handle();
            let mut end = std::pin::pin!(running.wait());
            tokio::select! {
                report = &mut end => { report?; }
                () = stopped => {
                    handle.stop();
                    end.await?;
                }
            }
            Ok(())
        });
    }

    /// The next part that ends, by itself. Safe to cancel.
    pub(super) async fn next_end(&mut self) -> Result<&'static str, Failure> {
        match self.tasks.next().await {
            Some((name, end)) => {
                let part = self.parts.iter().position(|(part, _)| **part == *name);
                let name = part.map_or("a part", |part| self.parts.remove(part).0);
                end.into_result()?.map(|()| name)
            }
            None => std::future::pending().await,
        }
    }

    /// Until there is a signal, or a part ends, which none should.
    pub(super) async fn run_until_stopped(mut self, signals: &mut StopSignals) -> Result<(), Failure> {
        let ended = tokio::select! {
            end = self.next_end() => end.and_then(|name| Err(Failure::from(format!("{name} has ended")))),
            _ = signals.next() => Ok(()),
        };
        let stopped = self.stop(signals).await;
        ended.and(stopped)
    }

    /// Stops what still runs, in order; at once after another signal.
    pub(super) async fn stop(self, signals: &mut StopSignals) -> Result<(), Failure> {
        tokio::select! {
            stopped = self.stop_in_order() => stopped,
            _ = signals.next() => Ok(()),
        }
    }

    async fn stop_in_order(mut self) -> Result<(), Failure> {
        let mut stopped = Ok(());
        while let Some((name, stop)) = self.parts.pop() {
            stop.now();
            while let Some((ended_name, end)) = self.tasks.next().await {
                stopped = stopped.and(end.into_result().unwrap_or_else(|error| Err(error.into())));
                if *ended_name == *name {
                    break;
                }
                self.parts.retain(|(part, _)| **part != *ended_name);
            }
        }
        stopped
    }
}
