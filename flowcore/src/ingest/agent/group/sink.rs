use std::sync::Arc;

use async_trait::async_trait;

use super::member::Member;
use crate::base::{Clock, Timestamp};
use crate::ingest::agent::error::ComponentError;
use crate::ingest::{ComponentContext, Sink, SinkError, SinkPolicy};

/// Why a group did not deliver: the cause inside its [`SinkError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// Every sink that the policy chose has failed.
    #[error("no sink of the group has delivered")]
    AllFailed(#[source] Arc<ComponentError>),
    /// The policy chose none: all of them failed a short time ago.
    #[error("every sink of the group failed lately and is left out")]
    AllResting,
}

/// A group as one sink.
pub(super) struct GroupSink<T: Send + 'static> {
    policy: Box<dyn SinkPolicy>,
    members: Vec<Member<T>>,
    clock: Clock,
}

impl<T: Send + Sync + 'static> GroupSink<T> {
    pub(super) fn new(policy: Box<dyn SinkPolicy>, members: Vec<Member<T>>) -> Self {
        Self { policy, members, clock: Clock::system() }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn failed(&mut self, at: usize, error: ComponentError) -> Option<Arc<ComponentError>> {
        self.policy.failed(at, self.now());
        let until = self.policy.resting_until(at);
        self.members.get_mut(at).map(|member| member.failed(error, until))
    }

    /// One try, by the sink that the policy chose.
    async fn try_one(&mut self, at: usize, events: &[T]) -> Result<bool, Arc<ComponentError>> {
        let Some(member) = self.members.get_mut(at) else { return Ok(false) };
        match member.deliver(events).await {
            Ok(()) => self.policy.delivered(at, self.now()),
            Err(error) => return self.failed(at, error).map_or(Ok(false), Err),
        }
        Ok(true)
    }

    /// It may pass as long as one of the sinks may work again.
    fn nobody(&self, last: Option<Arc<ComponentError>>) -> SinkError {
        match last {
            Some(last) if self.members.iter().all(|member| member.is_broken) => {
                SinkError::fatal(GroupError::AllFailed(last))
            }
            Some(last) => SinkError::retry(GroupError::AllFailed(last)),
            None => SinkError::retry(GroupError::AllResting),
        }
    }
}

#[async_trait]
impl<T: Send + Sync + 'static> Sink<T> for GroupSink<T> {
    /// A sink that does not start has failed, as far as its group is concerned.
    async fn start(&mut self, context: &ComponentContext) -> Result<(), SinkError> {
        self.clock = context.clock.clone();
        for at in 0..self.members.len() {
            let Some(member) = self.members.get_mut(at) else { continue };
            if let Err(error) = member.start().await {
                self.failed(at, error);
            }
        }
        Ok(())
    }

    async fn deliver(&mut self, events: &[T]) -> Result<(), SinkError> {
        let mut last = None;
        self.policy.begin(self.now());
        // As often as there are sinks, whatever the policy says.
        for _ in 0..self.members.len() {
            let Some(at) = self.policy.next() else { break };
            match self.try_one(at, events).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => last = Some(error),
            }
        }
        Err(self.nobody(last))
    }

    /// Together they have one.
    fn blocks(&self) -> bool {
        self.members.iter().any(Member::blocks)
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        for member in &mut self.members {
            member.stop().await;
        }
        Ok(())
    }
}
