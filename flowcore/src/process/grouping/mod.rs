//! Which task gets which tuple. Groupings are pure: they see a batch and fill in routes.

mod all;
mod fields;
mod global;
mod hash;
mod shuffle;

pub(crate) use all::All;
pub(crate) use fields::Fields;
pub(crate) use global::Global;
pub use hash::{StableHasher, stable_hash};
pub(crate) use shuffle::Shuffle;

use super::Tuple;
use super::batch::{Load, Selection};

/// Decides for a batch at a time, so that it costs one virtual call a batch.
pub(crate) trait Grouping<T: Tuple + ?Sized>: Send {
    /// Fills in for each task which of the `selected` tuples it gets.
    fn route(&mut self, load: &Load<T>, selected: &Selection, routes: &mut [Selection]);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::process::batch::Pool;
    use crate::process::tuple::TupleBatch;

    pub(crate) fn load_of(items: &[u64]) -> Load<u64> {
        let mut load = Pool::<u64>::new().load();
        for (index, &item) in items.iter().enumerate() {
            TupleBatch::<u64>::push(&mut load.items, item);
            load.roots.push(u32::try_from(index).unwrap());
        }
        load
    }

    pub(crate) fn routes(
        grouping: &mut dyn Grouping<u64>,
        load: &Load<u64>,
        selected: &Selection,
        tasks: usize,
    ) -> Vec<Vec<usize>> {
        let mut routes = vec![Selection::Range(0, 0); tasks];
        grouping.route(load, selected, &mut routes);
        routes.iter().map(|route| (0..route.len()).map(|at| route.get(at)).collect()).collect()
    }
}
