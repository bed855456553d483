use std::sync::Arc;

use super::metrics::{Counters, SetAside};
use crate::base::Clock;

/// What a source, sink or channel is told when it starts.
#[derive(Debug, Clone)]
pub struct ComponentContext {
    /// The name it has in its agent or topology.
    pub name: Arc<str>,
    /// The time.
    pub clock: Clock,
    /// Where it counts what only it knows: its connections, what it could not read.
    pub counters: Counters,
    /// Where it says what it leaves out for now: files that it cannot read.
    pub set_aside: SetAside,
}

impl ComponentContext {
    /// For a component named `name`.
    pub fn new(name: impl Into<Arc<str>>, clock: Clock) -> Self {
        Self { name: name.into(), clock, counters: Counters::new(), set_aside: SetAside::default() }
    }
}
