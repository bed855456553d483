use std::ops::Deref;

use super::{Grouping, Routes};

/// The tasks of a bolt, by number, for a sender that names them: see
/// [`BoltBuilder::direct`](crate::process::BoltBuilder::direct), which gives the bolt as many tasks.
///
/// ```
/// use flowcore::process::Targets;
///
/// let desks = Targets::new(3);
/// assert_eq!(desks.len(), 3);
/// assert_eq!(desks.get(2).map(|desk| desk.task()), Some(2));
/// assert_eq!(desks.get(3), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    tasks: usize,
}

/// One task of [`Targets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    task: usize,
}

/// A tuple and the task that it is for. A stream of these is a direct stream: nothing can be emitted on it
/// without a [`Target`].
///
/// It reads as the tuple that is in it. Only a subscription with
/// [`direct`](crate::process::BoltBuilder::direct) goes by the target: others, for example a log with
/// `global`, see every tuple as their own grouping says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directed<T> {
    target: Target,
    tuple: T,
}

impl Targets {
    /// `tasks` of them. At least 1, or the topology does not build.
    pub fn new(tasks: usize) -> Self {
        Self { tasks }
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "a bolt without tasks does not build")]
    pub fn len(&self) -> usize {
        self.tasks
    }

    /// The task of this number, from 0. `None` if there are not as many.
    pub fn get(&self, task: usize) -> Option<Target> {
        (task < self.tasks).then_some(Target { task })
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Target> + use<> {
        (0..self.tasks).map(|task| Target { task })
    }
}

impl Target {
    /// Its number, from 0: the `task` of its [`TaskContext`](crate::process::TaskContext).
    pub fn task(self) -> usize {
        self.task
    }
}

impl<T> Directed<T> {
    /// `tuple` for the task `target`.
    pub fn to(target: Target, tuple: T) -> Self {
        Self { target, tuple }
    }

    /// The task that it is for.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The tuple.
    pub fn into_inner(self) -> T {
        self.tuple
    }
}

impl<T> Deref for Directed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.tuple
    }
}

/// The sender names the task. Targets of another bolt may lie out of range, so it may refuse.
#[derive(Debug, Default)]
pub(crate) struct Direct;

impl<T: Send + Sync + 'static> Grouping<Directed<T>> for Direct {
    #[inline]
    fn route(&mut self, tuple: &Directed<T>, to: &mut Routes) {
        to.task(tuple.target.task);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::{load_of, routes};
    use super::super::{Custom, Refusal, Router};
    use super::*;
    use crate::process::batch::Selection;

    #[test]
    fn a_tuple_goes_to_the_task_that_it_names() {
        let targets = Targets::new(3);
        let directed: Vec<_> =
            [2, 0, 2, 1].map(|task| Directed::to(targets.get(task).unwrap(), task as u64)).into();
        let mut direct = Custom::new(Arc::new(Direct::default));
        let routes = routes(&mut direct, &load_of(directed), &Selection::Range(0, 4), 3);
        assert_eq!(routes, [vec![1], vec![3], vec![0, 2]]);
    }

    #[test]
    fn a_target_of_a_larger_bolt_is_refused() {
        let far = Targets::new(9).get(8).unwrap();
        let mut direct = Custom::new(Arc::new(Direct::default));
        let load = load_of([Directed::to(far, 1_u64)]);
        assert_eq!(routes(&mut direct, &load, &Selection::Range(0, 1), 3), [[0; 0], [0; 0], [0; 0]]);
        let refused = Router::<Directed<u64>>::take_refused(&mut direct);
        assert!(matches!(refused[0].why, Refusal::NoSuchTask { task: 8, tasks: 3 }));
    }

    #[test]
    fn a_directed_tuple_reads_as_what_is_in_it() {
        let directed = Directed::to(Targets::new(1).get(0).unwrap(), String::from("latte"));
        assert_eq!((directed.len(), directed.target().task()), (5, 0));
        assert_eq!(directed.into_inner(), "latte");
    }
}
