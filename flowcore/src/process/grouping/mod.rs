//! Which task gets which tuple. Groupings are pure: they see tuples and name tasks.

mod all;
mod custom;
mod direct;
mod fields;
mod global;
mod hash;
mod key;
mod partial_key;
mod router;
mod routes;
mod shuffle;
mod shuffle_by_load;

pub(crate) use all::All;
pub(crate) use custom::Custom;
pub(crate) use direct::Direct;
pub use direct::{Directed, Target, Targets};
pub(crate) use fields::Fields;
pub(crate) use global::Global;
pub use hash::{StableHasher, stable_hash};
pub use key::GroupingKey;
pub(crate) use partial_key::PartialKey;
pub(crate) use router::{Refusal, Refused, Router};
pub use routes::{Grouping, Routes};
pub(crate) use shuffle::Shuffle;
pub(crate) use shuffle_by_load::ShuffleByLoad;

#[cfg(test)]
mod properties;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::process::batch::{Load, Pool, Selection};
    use crate::process::tuple::TupleBatch;

    pub(crate) fn load_of<T: Send + Sync + 'static>(items: impl IntoIterator<Item = T>) -> Load<T> {
        let mut load = Pool::<T>::new().load();
        for item in items {
            TupleBatch::<T>::push(&mut load.items, item);
        }
        load
    }

    pub(crate) fn routes<T: Send + Sync + 'static>(
        grouping: &mut dyn Router<T>,
        load: &Load<T>,
        selected: &Selection,
        tasks: usize,
    ) -> Vec<Vec<usize>> {
        let mut routes = vec![Selection::Range(0, 0); tasks];
        grouping.route(load, selected, &mut routes);
        routes
            .iter()
            .map(|route| (0..route.len()).map(|at| route.get(at).unwrap() as usize).collect())
            .collect()
    }
}
