use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Grouping, Refusal, Refused, Router, Routes};
use crate::base::Panic;
use crate::process::Tuple;
use crate::process::batch::{Load, Selection};

type Factory<G> = Arc<dyn Fn() -> G + Send + Sync>;

/// A public [`Grouping`] as the engine wants it, with what goes wrong in it contained.
pub(crate) struct Custom<G> {
    factory: Factory<G>,
    /// Made with the first tuple, and anew after a panic: the factory may panic as well.
    grouping: Option<G>,
    refused: Vec<Refused>,
}

impl<G> Custom<G> {
    pub(crate) fn new(factory: Factory<G>) -> Self {
        Self { factory, grouping: None, refused: Vec::new() }
    }

    fn refuse(&mut self, index: u32, why: Refusal) {
        self.refused.push(Refused { index, why });
    }

    /// Its destructor is the user's, too.
    fn let_go(&mut self) {
        let grouping = self.grouping.take();
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(grouping))) {
            let panic = Panic::from_payload(&*payload);
            tracing::warn!(
                error = &panic as &dyn std::error::Error,
                "a grouping panicked when it was dropped"
            );
        }
    }

    /// Routes from the tuple `at` on, and moves `at` behind each one that was answered.
    fn run<T: Tuple + ?Sized>(
        &mut self,
        load: &Load<T>,
        (selected, at): (&Selection, &mut u32),
        lists: &mut [Vec<u32>],
    ) where
        G: Grouping<T>,
    {
        let mut routes = Routes::new(lists.len());
        while *at < selected.len() {
            if let Some((index, tuple)) = load.get(selected, *at) {
                routes.clear();
                let factory = &self.factory;
                self.grouping.get_or_insert_with(|| factory()).route(tuple, &mut routes);
                match routes.chosen().iter().find(|&&task| task >= lists.len()) {
                    Some(&task) => self.refuse(index, Refusal::NoSuchTask { task, tasks: lists.len() }),
                    None => deliver(index, routes.chosen(), lists),
                }
            }
            *at += 1;
        }
    }
}

#[inline]
fn deliver(index: u32, chosen: &[usize], lists: &mut [Vec<u32>]) {
    for &task in chosen {
        if let Some(list) = lists.get_mut(task).filter(|list| list.last() != Some(&index)) {
            list.push(index);
        }
    }
}

impl<T: Tuple + ?Sized, G: Grouping<T>> Router<T> for Custom<G> {
    fn route(&mut self, load: &Load<T>, selected: &Selection, routes: &mut [Selection]) {
        let room = selected.len() as usize / routes.len().max(1) + 16;
        let mut lists: Vec<Vec<u32>> = routes.iter().map(|_| Vec::with_capacity(room)).collect();
        let mut at = 0;
        while at < selected.len() {
            let run = AssertUnwindSafe(|| self.run(load, (selected, &mut at), &mut lists));
            if let Err(payload) = catch_unwind(run) {
                self.let_go();
                if let Some(index) = selected.get(at) {
                    self.refuse(index, Refusal::Panicked(Panic::from_payload(&*payload)));
                }
                at += 1;
            }
        }
        for (route, list) in routes.iter_mut().zip(lists) {
            *route = Selection::List(list);
        }
    }

    fn may_refuse(&self) -> bool {
        true
    }

    fn take_refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }
}

impl<G> Drop for Custom<G> {
    fn drop(&mut self) {
        self.let_go();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{load_of, routes};
    use super::*;

    /// Sends a number to the tasks of its binary digits, counts on, and panics on 666.
    #[derive(Default)]
    struct Digits(usize);

    impl Grouping<u64> for Digits {
        fn route(&mut self, tuple: &u64, to: &mut Routes) {
            assert_ne!(*tuple, 666, "no such digits");
            self.0 += 1;
            assert!(self.0 < 4, "it was not made anew");
            (0..64).filter(|digit| tuple >> digit & 1 == 1).for_each(|digit| to.task(digit));
        }
    }

    fn router() -> Custom<Digits> {
        Custom::new(Arc::new(Digits::default))
    }

    #[test]
    fn a_tuple_goes_to_every_task_that_is_named_and_to_none_if_none_is() {
        let load = load_of([0b01, 0b11, 0]);
        assert_eq!(routes(&mut router(), &load, &Selection::Range(0, 3), 2), [vec![0, 1], vec![1]]);
    }

    #[test]
    fn a_task_that_is_named_twice_gets_the_tuple_once() {
        struct Twice;
        impl Grouping<u64> for Twice {
            fn route(&mut self, _tuple: &u64, to: &mut Routes) {
                to.task(1);
                to.all();
                to.task(0);
            }
        }
        let mut router = Custom::new(Arc::new(|| Twice));
        assert_eq!(routes(&mut router, &load_of([7, 8]), &Selection::Range(0, 2), 2), [[0, 1], [0, 1]]);
    }

    #[test]
    fn a_tuple_with_one_task_that_does_not_exist_goes_nowhere() {
        let mut router = router();
        let load = load_of([0b001, 0b101, 0b010]);
        assert_eq!(routes(&mut router, &load, &Selection::List(vec![0, 1, 2]), 2), [vec![0], vec![2]]);
        let refused = Router::<u64>::take_refused(&mut router);
        let [Refused { index: 1, why }] = &refused[..] else { panic!("{refused:?}") };
        let error = why.clone().on_the_way_to("count");
        assert_eq!(
            error.chain(),
            "rejected for good in count: its grouping named task 2, and it has 2, counted from 0"
        );
        assert!(!error.retries());
    }

    #[test]
    fn a_panic_refuses_its_tuple_alone_and_the_grouping_is_made_anew() {
        let mut router = router();
        let load = load_of([1, 2, 666, 1, 2, 666]);
        assert_eq!(routes(&mut router, &load, &Selection::Range(0, 6), 2), [[0, 3], [1, 4]]);
        let refused = Router::<u64>::take_refused(&mut router);
        assert_eq!(refused.iter().map(|refused| refused.index).collect::<Vec<_>>(), [2, 5]);
        let error = refused[0].why.clone().on_the_way_to("count");
        assert!(error.chain().starts_with("panic in count: its grouping failed: panicked: "), "{error}");
        assert!(error.retries());
    }

    #[test]
    fn panics_of_the_factory_and_the_destructor_are_contained() {
        struct Bad;
        impl Drop for Bad {
            fn drop(&mut self) {
                panic!("in a destructor");
            }
        }
        impl Grouping<u64> for Bad {
            fn route(&mut self, _tuple: &u64, to: &mut Routes) {
                to.task(0);
            }
        }
        let load = load_of([1, 2]);
        let mut never = Custom::<Bad>::new(Arc::new(|| panic!("in a factory")));
        assert_eq!(routes(&mut never, &load, &Selection::Range(0, 2), 1), [[0; 0]]);
        assert_eq!(Router::<u64>::take_refused(&mut never).len(), 2);
        let mut bad = Custom::new(Arc::new(|| Bad));
        assert_eq!(routes(&mut bad, &load, &Selection::Range(0, 2), 1), [[0, 1]]);
        drop(bad);
    }
}
