use super::Tuple;
use super::batch::{Load, RootWalk, Selection};
use super::tuple::TupleBatch;

/// The tuples of a parcel that a bolt may execute without a call for each: the next ones of one root batch.
pub struct Upcoming<'a, T: Tuple + ?Sized> {
    pub(crate) load: &'a Load<T>,
    pub(crate) selection: &'a Selection,
    /// The one in execution.
    pub(crate) at: &'a mut u32,
    pub(crate) end: u32,
    pub(crate) walk: &'a mut RootWalk,
}

/// Tuples one after the other, or with gaps. One iterator for both would ask at each tuple which it is.
pub(crate) enum Few<A, B> {
    Stretch(A),
    Listed(B),
}

impl<'a, T: Tuple + ?Sized> Upcoming<'a, T> {
    /// The place of the next tuple in the parcel.
    pub(crate) fn at(&self) -> u32 {
        *self.at
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn len(&self) -> u32 {
        self.end.saturating_sub(*self.at)
    }

    /// The next tuples, `most` of them at most, and the root tuple of each.
    #[inline]
    pub(crate) fn few(
        &self,
        most: u32,
    ) -> Few<impl Iterator<Item = (u32, &'a T)> + use<'a, T>, impl Iterator<Item = (u32, &'a T)> + use<'a, T>>
    {
        let (load, places) = (self.load, *self.at..*self.at + self.len().min(most));
        // The engine's own may not be ahead of the tuple in execution.
        let mut walk = self.walk.clone();
        let mut root_of = move |index| walk.run_of(index, &load.roots).root;
        match self.selection {
            Selection::Range(start, end) => {
                let [from, to] = [places.start, places.end].map(|at| start.saturating_add(at).min(*end));
                let tuples = load.items.stretch(from, to);
                Few::Stretch(tuples.map(move |(index, tuple)| (root_of(index), tuple)))
            }
            Selection::List(list) => {
                let places = places.start as usize..places.end as usize;
                let list = list.as_slice().get(places).unwrap_or_default().iter();
                Few::Listed(list.map(move |&index| (root_of(index), load.items.at(index as usize))))
            }
        }
    }

    /// As many tuples are executed.
    #[inline]
    pub(crate) fn are_done(&mut self, tuples: usize) {
        *self.at += u32::try_from(tuples).unwrap_or(u32::MAX);
    }
}

impl<T: Tuple + ?Sized> std::fmt::Debug for Upcoming<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upcoming").field("at", &self.at).field("end", &self.end).finish_non_exhaustive()
    }
}
