use std::borrow::Borrow;
use std::marker::PhantomData;

use super::InOrder;
use crate::base::Timestamp;
use crate::process::window::{Aggregate, Count, Pane};

/// What a window by event time makes of its tuples: how each is added, and what the result is.
///
/// There is [`Counting`], [`Aggregating`] for any [`Aggregate`], [`Collecting`] for all tuples in order, and
/// [`Folding`] for closures. One's own can look at timestamps:
///
/// ```
/// use flowcore::base::Timestamp;
/// use flowcore::process::window::{Fill, Pane};
///
/// /// The last temperature before the window's end.
/// struct Last;
///
/// #[derive(Default)]
/// struct Reading(Option<(Timestamp, f64)>);
///
/// impl Pane for Reading {
///     fn merge(&mut self, later: &Self) {
///         self.0 = if self.0.map(|(at, _)| at) > later.0.map(|(at, _)| at) { self.0 } else { later.0 };
///     }
/// }
///
/// impl Fill<f64> for Last {
///     type Pane = Reading;
///     type Result = Option<f64>;
///
///     fn add(&self, reading: &mut Reading, degrees: &f64, at: Timestamp) {
///         reading.merge(&Reading(Some((at, *degrees))));
///     }
///
///     fn finish(&self, reading: Reading) -> Option<f64> {
///         reading.0.map(|(_, degrees)| degrees)
///     }
/// }
///
/// let mut reading = Reading::default();
/// Last.add(&mut reading, &21.5, Timestamp::from_millis(2_000));
/// Last.add(&mut reading, &20.0, Timestamp::from_millis(1_000));
/// assert_eq!(Last.finish(reading), Some(21.5));
/// ```
pub trait Fill<T: ?Sized>: Send + 'static {
    /// What a stretch of a window holds.
    type Pane: Pane + Send + 'static;
    /// What is emitted for a window and key.
    type Result: Send + Sync + 'static;

    /// Adds a tuple.
    fn add(&self, pane: &mut Self::Pane, tuple: &T, at: Timestamp);

    /// Makes the result. For windows that are shown more than once, of a copy of what they hold.
    fn finish(&self, pane: Self::Pane) -> Self::Result;
}

/// How many tuples, as a `u64`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counting;

impl<T: ?Sized> Fill<T> for Counting {
    type Pane = Count;
    type Result = u64;

    #[inline]
    fn add(&self, count: &mut Count, tuple: &T, _at: Timestamp) {
        count.add(tuple);
    }

    fn finish(&self, count: Count) -> u64 {
        count.get()
    }
}

/// What an [`Aggregate`] makes of them. No tuple is kept.
#[derive(Debug)]
pub struct Aggregating<A>(PhantomData<fn() -> A>);

impl<A> Default for Aggregating<A> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<A> Clone for Aggregating<A> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T: ?Sized, A: Aggregate<T> + Send + Sync + 'static> Fill<T> for Aggregating<A> {
    type Pane = A;
    type Result = A;

    #[inline]
    fn add(&self, aggregate: &mut A, tuple: &T, _at: Timestamp) {
        aggregate.add(tuple);
    }

    fn finish(&self, aggregate: A) -> A {
        aggregate
    }
}

/// All tuples, by timestamp and, within one, in the order of arrival.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collecting;

impl<T> Fill<T> for Collecting
where
    T: ToOwned + ?Sized,
    T::Owned: Clone + Send + Sync + 'static,
{
    type Pane = InOrder<T::Owned>;
    type Result = Vec<T::Owned>;

    fn add(&self, list: &mut Self::Pane, tuple: &T, at: Timestamp) {
        list.push(at, tuple.to_owned());
    }

    fn finish(&self, list: Self::Pane) -> Self::Result {
        list.into_vec()
    }
}

/// What closures make of all tuples, by timestamp and, within one, in the order of arrival. The tuples are kept
/// until there is a result: where their order does not matter, [`Aggregating`] holds less.
#[derive(Debug, Clone)]
pub struct Folding<I, F> {
    init: I,
    add: F,
}

impl<I, F> Folding<I, F> {
    /// What `add` makes of all tuples, from what `init` gives on.
    pub fn new(init: I, add: F) -> Self {
        Self { init, add }
    }
}

impl<T, A, I, F> Fill<T> for Folding<I, F>
where
    T: ToOwned + ?Sized,
    T::Owned: Clone + Send + Sync + 'static,
    A: Send + Sync + 'static,
    I: Fn() -> A + Send + 'static,
    F: Fn(&mut A, &T) + Send + 'static,
{
    type Pane = InOrder<T::Owned>;
    type Result = A;

    fn add(&self, list: &mut Self::Pane, tuple: &T, at: Timestamp) {
        list.push(at, tuple.to_owned());
    }

    fn finish(&self, list: Self::Pane) -> A {
        let mut all = (self.init)();
        list.into_vec().iter().for_each(|tuple| (self.add)(&mut all, tuple.borrow()));
        all
    }
}
