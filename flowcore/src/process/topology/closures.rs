//! Closures as bolts.

use std::future::{Future, ready};

use crate::process::{Bolt, BoltError, Emitter, NoOutput, Tuple};

/// See [`map`].
#[derive(Debug, Clone)]
pub struct Map<F>(F);

/// See [`filter`].
#[derive(Debug, Clone)]
pub struct Filter<F>(F);

/// See [`flat_map`].
#[derive(Debug, Clone)]
pub struct FlatMap<F>(F);

/// See [`inspect`].
#[derive(Debug, Clone)]
pub struct Inspect<F>(F);

/// See [`for_each`].
#[derive(Debug, Clone)]
pub struct ForEach<F>(F);

/// A bolt that emits what `f` makes of each tuple.
pub fn map<F>(f: F) -> Map<F> {
    Map(f)
}

/// A bolt that hands on the tuples for which `f` says so.
pub fn filter<F>(f: F) -> Filter<F> {
    Filter(f)
}

/// A bolt that emits everything that `f` makes of each tuple.
pub fn flat_map<F>(f: F) -> FlatMap<F> {
    FlatMap(f)
}

/// A bolt that shows each tuple to `f` and hands it on.
pub fn inspect<F>(f: F) -> Inspect<F> {
    Inspect(f)
}

/// A bolt at the end of a topology that shows each tuple to `f`.
pub fn for_each<F>(f: F) -> ForEach<F> {
    ForEach(f)
}

impl<In, Made, F> Bolt<In> for Map<F>
where
    In: Tuple + ?Sized,
    Made: Send + Sync + 'static,
    F: FnMut(&In) -> Made + Send + 'static,
{
    type Out = Emitter<Made>;

    fn execute(
        &mut self,
        tuple: &In,
        out: &mut Self::Out,
    ) -> impl Future<Output = Result<(), BoltError>> + Send {
        out.emit((self.0)(tuple));
        ready(Ok(()))
    }
}

impl<In, Many, F> Bolt<In> for FlatMap<F>
where
    In: Tuple + ?Sized,
    Many: IntoIterator + 'static,
    Many::IntoIter: Send,
    Many::Item: Send + Sync + 'static,
    F: FnMut(&In) -> Many + Send + 'static,
{
    type Out = Emitter<Many::Item>;

    fn execute(
        &mut self,
        tuple: &In,
        out: &mut Self::Out,
    ) -> impl Future<Output = Result<(), BoltError>> + Send {
        let many = (self.0)(tuple).into_iter();
        async move {
            for made in many {
                out.send(made).await;
            }
            Ok(())
        }
    }
}

impl<In: Tuple + ?Sized, F: FnMut(&In) + Send + 'static> Bolt<In> for ForEach<F> {
    type Out = NoOutput;

    fn execute(
        &mut self,
        tuple: &In,
        _out: &mut Self::Out,
    ) -> impl Future<Output = Result<(), BoltError>> + Send {
        (self.0)(tuple);
        ready(Ok(()))
    }
}

/// Bolts that hand tuples on need a copy: a clone for sized types, and text as it is.
macro_rules! hands_on {
    ([$($generics:tt)*] $tuple:ty, $tuple_name:ident => $copy:expr) => {
        impl<$($generics)* F: FnMut(&$tuple) -> bool + Send + 'static> Bolt<$tuple> for Filter<F> {
            type Out = Emitter<$tuple>;

            fn execute(
                &mut self,
                $tuple_name: &$tuple,
                out: &mut Self::Out,
            ) -> impl Future<Output = Result<(), BoltError>> + Send {
                if (self.0)($tuple_name) {
                    out.emit($copy);
                }
                ready(Ok(()))
            }
        }

        impl<$($generics)* F: FnMut(&$tuple) + Send + 'static> Bolt<$tuple> for Inspect<F> {
            type Out = Emitter<$tuple>;

            fn execute(
                &mut self,
                $tuple_name: &$tuple,
                out: &mut Self::Out,
            ) -> impl Future<Output = Result<(), BoltError>> + Send {
                (self.0)($tuple_name);
                out.emit($copy);
                ready(Ok(()))
            }
        }
    };
}

hands_on!([T: Clone + Send + Sync + 'static,] T, tuple => tuple.clone());
hands_on!([] str, tuple => tuple);
hands_on!([] [u8], tuple => tuple);
