use std::sync::{Arc, Mutex, PoisonError};

use super::member::Member;
use super::sink::GroupSink;
use crate::ingest::agent::life::Life;
use crate::ingest::agent::plan::MakeSink;
use crate::ingest::agent::problem::AgentProblem;
use crate::ingest::{Sink, SinkPolicy};

/// What a builder was told about a group.
pub(crate) struct GroupPlan<T: Send + 'static> {
    pub(crate) members: Vec<MemberPlan<T>>,
    size: usize,
    policy: Box<dyn Fn() -> Box<dyn SinkPolicy> + Send>,
}

pub(crate) struct MemberPlan<T: Send + 'static> {
    pub(crate) name: Arc<str>,
    make: Factory<T>,
}

/// Makes a sink of the group, also for a group that was made anew.
pub(super) struct Factory<T: Send + 'static>(Arc<Mutex<MakeSink<T>>>);

impl<T: Send + 'static> Factory<T> {
    pub(super) fn make(&self) -> Box<dyn Sink<T>> {
        (self.0.lock().unwrap_or_else(PoisonError::into_inner))()
    }
}

impl<T: Send + 'static> Clone for Factory<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + 'static> MemberPlan<T> {
    pub(crate) fn new(name: Arc<str>, make: MakeSink<T>) -> Self {
        Self { name, make: Factory(Arc::new(Mutex::new(make))) }
    }
}

impl<T: Send + 'static> GroupPlan<T> {
    pub(crate) fn new(policy: impl SinkPolicy + Clone) -> Self {
        let size = policy.sinks();
        // Behind a lock, so that a policy need not be `Sync`.
        let policy = Mutex::new(policy);
        let policy = move || {
            let policy = policy.lock().unwrap_or_else(PoisonError::into_inner);
            Box::new(policy.clone()) as Box<dyn SinkPolicy>
        };
        Self { members: Vec::new(), size, policy: Box::new(policy) }
    }

    pub(crate) fn problem(&self, name: &Arc<str>) -> Option<AgentProblem> {
        let (group, sinks, policy) = (name.clone(), self.members.len(), self.size);
        match sinks {
            0 => Some(AgentProblem::EmptyGroup { group }),
            _ => (sinks != policy).then_some(AgentProblem::GroupSize { group, sinks, policy }),
        }
    }
}

impl<T: Send + Sync + 'static> GroupPlan<T> {
    /// What makes the sink that stands for the group, and the lives of its members.
    pub(crate) fn into_sink(
        self,
        batch: usize,
        life: impl Fn(&Arc<str>) -> Arc<Life>,
    ) -> (MakeSink<T>, Vec<Arc<Life>>) {
        let Self { members, policy, .. } = self;
        let members: Vec<_> = members.into_iter().map(|plan| (life(&plan.name), plan.make)).collect();
        let lives = members.iter().map(|(life, _)| life.clone()).collect();
        let make = move || {
            let members = members.iter().map(|(life, make)| Member::new(life.clone(), make.clone(), batch));
            Box::new(GroupSink::new(policy(), members.collect())) as Box<dyn Sink<T>>
        };
        (Box::new(make), lives)
    }
}
