use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::TopologyHandle;
use super::handle::WatchedTask;
use crate::process::observe::{Explanation, Reply};

impl TopologyHandle {
    /// Why every open window is open: what it holds, where the watermark stands and who holds it back. Printed,
    /// it is an answer for a person.
    ///
    /// Each task of a bolt answers between two batches. One that does not within a second is listed as
    /// busy; see [`explain_within`](Self::explain_within). A task names its 100 windows that close first.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::process::window::{Count, WindowBolt, WindowSpec};
    /// use flowcore::process::{TopologyBuilder, futures::StreamSpout};
    /// use std::time::Duration;
    ///
    /// let mut topology = TopologyBuilder::new("lines");
    /// let lines = futures_util::stream::iter(["one".to_owned(), "two".to_owned()]);
    /// let lines = topology.spout("lines", move || {
    ///     StreamSpout::new(futures_util::StreamExt::chain(lines.clone(), futures_util::stream::pending()))
    /// });
    /// let hours = WindowSpec::tumbling(Duration::from_secs(3600))?;
    /// let hourly = topology.bolt("hourly", move || WindowBolt::<String, Count>::aggregate(hours)).shuffle(&lines);
    /// hourly.for_each("end", |_| {});
    /// let running = topology.build()?.start();
    ///
    /// let handle = running.handle();
    /// while handle.snapshot().component("hourly").executed < 2 {
    ///     tokio::task::yield_now().await;
    /// }
    /// let why = handle.explain().await;
    /// assert_eq!(why.windows[0].window.tuples, 2);
    /// assert!(why.to_string().contains("the clock closes it at"), "{why}");
    /// # Ok(()) }
    /// ```
    pub async fn explain(&self) -> Explanation {
        self.explain_within(Duration::from_secs(1)).await
    }

    /// The same, with another time that a task has for its answer.
    pub async fn explain_within(&self, patience: Duration) -> Explanation {
        let question = self.phases.ask();
        let clock = &self.watched.settings.clock;
        let mut too_late = pin!(clock.sleep(patience));
        let mut replies = Vec::new();
        let mut is_late = false;
        for task in self.watched.bolts() {
            let mut answers = task.answers.clone();
            let mut answer = pin!(answers.to(question));
            let reply = tokio::select! {
                biased;
                answer = &mut answer => answer.map(Reply::Report),
                () = &mut too_late, if !is_late => {
                    is_late = true;
                    Some(task.is_busy())
                }
                () = std::future::ready(()), if is_late => Some(task.is_busy()),
            };
            replies.extend(reply.map(|reply| (task, reply)));
        }
        let mut explanation = Explanation::new(Arc::clone(&self.watched.topology), clock.now());
        for (WatchedTask { context, .. }, reply) in replies {
            let stands = self.watched.board.stands(&context.component, context.task);
            let stands = stands.on_clock(self.watched.settings.timer.now(), clock.now());
            explanation.add(&context.component, context.task, reply, &stands);
        }
        explanation
    }
}

impl WatchedTask {
    fn is_busy(&self) -> Reply {
        Reply::Busy(self.context.clock.now().since(self.counters.began.get()))
    }
}
