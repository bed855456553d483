use crate::{Publish, topic};

/// What is to be published for one item, in this order.
#[derive(Debug, Default)]
pub struct Publishes {
    publishes: Vec<Publish>,
    refusal: Option<Refusal>,
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why nothing is published for an item.
#[derive(Debug)]
pub(crate) enum Refusal {
    Topic(String),
    Item(Cause),
}

impl Publishes {
    /// One more message.
    pub fn add(&mut self, publish: Publish) {
        match topic::check_topic(&publish.topic) {
            Ok(()) => self.publishes.push(publish),
            Err(error) => {
                self.refusal.get_or_insert(Refusal::Topic(format!("topic {:?}: {error}", publish.topic)));
            }
        }
    }

    /// The item cannot be published: a tuple leaves by the dead-letter path, a sink stops with this error.
    pub fn refuse(&mut self, cause: impl Into<Cause>) {
        self.refusal.get_or_insert(Refusal::Item(cause.into()));
    }

    /// Takes what was added, unless something is no good.
    pub(crate) fn take(&mut self) -> Result<std::vec::Drain<'_, Publish>, Refusal> {
        if let Some(refusal) = self.refusal.take() {
            self.publishes.clear();
            return Err(refusal);
        }
        Ok(self.publishes.drain(..))
    }
}
