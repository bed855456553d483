use super::Tuple;
use super::batch::{Load, RootWalk, Selection};

/// The tuples of a parcel that a bolt may execute without a call for each: the next ones of one root batch.
pub struct Upcoming<'a, T: Tuple + ?Sized> {
    pub(crate) load: &'a Load<T>,
    pub(crate) selection: &'a Selection,
    /// The one in execution.
    pub(crate) at: &'a mut u32,
    pub(crate) end: u32,
    pub(crate) walk: &'a mut RootWalk,
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

    /// The next tuples, `most` of them at most, with their indices.
    #[inline]
    pub(crate) fn few(&self, most: u32) -> impl Iterator<Item = (u32, &'a T)> + use<'a, T> {
        let left = self.len().min(most);
        self.load.from(self.selection, *self.at).take(left as usize)
    }

    /// The root tuple of the tuple with this index. Ask in their order.
    #[inline]
    pub(crate) fn root_of(&mut self, index: u32) -> u32 {
        self.walk.run_of(index, &self.load.roots).root
    }

    /// The tuple in execution is executed.
    #[inline]
    pub(crate) fn done(&mut self) {
        *self.at += 1;
    }
}

impl<T: Tuple + ?Sized> std::fmt::Debug for Upcoming<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upcoming").field("at", &self.at).field("end", &self.end).finish_non_exhaustive()
    }
}
