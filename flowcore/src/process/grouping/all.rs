use super::Router;
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

/// Every task gets every tuple.
pub(crate) struct All;

impl<T: Tuple + ?Sized> Router<T> for All {
    fn route(&mut self, _load: &Load<T>, selected: &Selection, routes: &mut [Selection]) {
        routes.fill(selected.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{load_of, routes};
    use super::*;

    #[test]
    fn every_task_gets_every_tuple() {
        let load = load_of([7, 8]);
        assert_eq!(routes(&mut All, &load, &Selection::Range(0, 2), 3), [[0, 1], [0, 1], [0, 1]]);
    }
}
