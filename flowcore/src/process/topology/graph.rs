use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Node, NodeId, StreamName};

/// The components declared so far, shared with their builders and their streams.
#[derive(Clone)]
pub(crate) struct Graph {
    topology: u64,
    /// `None` once the topology is built: then nothing more can be declared, and nodes, which know their
    /// graph, do not keep themselves alive.
    slots: Arc<Mutex<Option<Vec<Slot>>>>,
}

/// A component that was declared. A bolt has its node from its first subscription on.
#[derive(Clone)]
pub(super) struct Slot {
    pub(super) name: Arc<str>,
    pub(super) node: Option<Arc<dyn Node>>,
}

impl Graph {
    pub(super) fn new(topology: u64) -> Self {
        Self { topology, slots: Arc::new(Mutex::new(Some(Vec::new()))) }
    }

    fn slots(&self) -> MutexGuard<'_, Option<Vec<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn declare(&self, name: Arc<str>) -> StreamName {
        let mut slots = self.slots();
        let index = slots.as_ref().map_or(usize::MAX, Vec::len);
        match slots.as_mut() {
            Some(slots) => slots.push(Slot { name: Arc::clone(&name), node: None }),
            None => {
                tracing::error!(component = %name, "declared after its topology was built: it does not run");
            }
        }
        let node = NodeId { topology: self.topology, index };
        let has_event_time = Arc::default();
        StreamName { node, component: name, output: 0, is_dead: false, has_event_time, graph: self.clone() }
    }

    pub(super) fn fill(&self, id: NodeId, node: Arc<dyn Node>) {
        if let Some(slot) = self.slots().as_mut().and_then(|slots| slots.get_mut(id.index)) {
            slot.node = Some(node);
        }
    }

    /// Everything that was declared. Nothing can be from now on.
    pub(super) fn close(&self) -> Vec<Slot> {
        self.slots().take().unwrap_or_default()
    }
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.slots().iter().flatten().map(|slot| &slot.name)).finish()
    }
}
