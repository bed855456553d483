use crate::process::Tuple;

/// A grouping of one's own: it names for each tuple the tasks that get it. Subscribe with
/// [`BoltBuilder::group`](crate::process::BoltBuilder::group).
///
/// It is pure. Each sending task has one of its own, and shows it every tuple that it sends, in order. So the
/// choice may depend on the tuple and on what this sender sent before, but not on how tuples are cut into
/// batches, on time or on chance.
///
/// - A tuple may go to several tasks: it is acknowledged when all of them are done with it.
/// - A tuple may go to no task: for this bolt, it is done.
/// - A tuple for a task that does not exist goes nowhere and is rejected: it leaves as a dead letter whose
///   error names the bolt and the task.
/// - When `route` panics, that tuple fails and is tried again like any other, and the grouping is made anew
///   by its factory. The other tuples of its batch are not touched.
/// - A replayed tuple is shown again. If it must go to the same task as before, let the tuple alone decide.
///
/// ```
/// use flowcore::process::{Grouping, Routes};
///
/// /// Task 0 is for large orders, the others take turns.
/// #[derive(Default)]
/// struct LargeApart(usize);
///
/// impl Grouping<u64> for LargeApart {
///     fn route(&mut self, cups: &u64, to: &mut Routes) {
///         let others = to.tasks() - 1;
///         if *cups >= 100 || others == 0 {
///             return to.task(0);
///         }
///         self.0 = (self.0 + 1) % others;
///         to.task(1 + self.0);
///     }
/// }
///
/// // No topology is needed to test it.
/// let mut grouping = LargeApart::default();
/// let mut tasks_of = |cups| {
///     let mut routes = Routes::new(3);
///     grouping.route(&cups, &mut routes);
///     routes.chosen().to_vec()
/// };
/// assert_eq!([tasks_of(500), tasks_of(2), tasks_of(3), tasks_of(4)], [[0], [2], [1], [2]]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a grouping of tuples of type `{T}`",
    label = "this stream carries `{T}`",
    note = "implement `Grouping<{T}>` for it: `fn route(&mut self, tuple: &{T}, to: &mut Routes)`"
)]
pub trait Grouping<T: Tuple + ?Sized>: Send + 'static {
    /// Names the tasks that get `tuple`.
    fn route(&mut self, tuple: &T, to: &mut Routes);
}

/// The tasks that a [`Grouping`] chooses for one tuple.
#[derive(Debug, Clone)]
pub struct Routes {
    tasks: usize,
    chosen: Vec<usize>,
}

impl Routes {
    /// No choice yet, of `tasks` tasks. The engine makes them; tests of a grouping do, too.
    pub fn new(tasks: usize) -> Self {
        Self { tasks, chosen: Vec::new() }
    }

    /// How many tasks the reading bolt has. At least 1, and the same for as long as the topology runs.
    #[inline]
    pub fn tasks(&self) -> usize {
        self.tasks
    }

    /// Sends the tuple to this task, counted from 0. A task that is named twice gets it once.
    #[inline]
    pub fn task(&mut self, task: usize) {
        self.chosen.push(task);
    }

    /// Sends the tuple to every task.
    pub fn all(&mut self) {
        self.chosen.extend(0..self.tasks);
    }

    /// What was chosen so far, in the order of the calls.
    pub fn chosen(&self) -> &[usize] {
        &self.chosen
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.chosen.clear();
    }
}
