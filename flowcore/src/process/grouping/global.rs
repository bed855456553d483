use super::Router;
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

/// The first task gets every tuple.
pub(crate) struct Global;

impl<T: Tuple + ?Sized> Router<T> for Global {
    fn route(&mut self, _load: &Load<T>, selected: &Selection, routes: &mut [Selection]) {
        routes.fill(Selection::Range(0, 0));
        if let Some(first) = routes.first_mut() {
            *first = selected.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{load_of, routes};
    use super::*;

    #[test]
    fn the_first_task_gets_every_tuple() {
        let load = load_of([7, 8]);
        assert_eq!(routes(&mut Global, &load, &Selection::Range(0, 2), 3), [vec![0, 1], vec![], vec![]]);
    }
}
