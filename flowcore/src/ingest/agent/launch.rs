use std::sync::Arc;

use tokio::sync::mpsc;

use super::error::{AgentError, AgentErrorKind};
use super::handle::AgentHandle;
use super::plan::Plan;
use super::prepare::{Workshop, open};
use super::supervisor::{Shared, Supervisor};
use crate::base::TaskSet;

/// Opens the channels of `plan` and starts the task that looks after the rest.
pub(super) async fn launch<T: Clone + Send + Sync + 'static>(
    plan: Plan<T>,
) -> Result<AgentHandle<T>, AgentError> {
    let workshop =
        Workshop { agent: plan.name.clone(), clock: plan.clock, grace: plan.grace, types: plan.types };
    let mut channels = Vec::with_capacity(plan.channels.len());
    for channel in plan.channels {
        let name = channel.name.clone();
        let opened = open(channel, &workshop, &plan.written_elsewhere).await;
        let fail = |error| AgentError::new(&plan.name, &name, AgentErrorKind::Fatal, Arc::new(error));
        channels.push(opened.map_err(fail)?);
    }
    let shared = Arc::new(Shared::new(plan.name, workshop.clock.clone()));
    let (asking, changes) = mpsc::channel(1);
    let mut supervisor = Supervisor::new(Arc::clone(&shared), workshop, channels, plan.keeps_going);
    let sinks = supervisor.enlist_sinks(plan.sinks);
    let sources = supervisor.enlist_sources(plan.sources);
    supervisor.publish();
    let mut task = TaskSet::new();
    task.spawn("supervisor", supervisor.run(sinks, sources, changes));
    Ok(AgentHandle { shared, supervisor: task, changes: asking, end: None })
}
