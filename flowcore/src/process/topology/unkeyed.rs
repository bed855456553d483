//! Operations that need a key, on streams that have none: they do not compile, and say what to do.

use std::sync::Arc;

use super::{BoltBuilder, KeyedFold, Stream};
use crate::process::{Emitter, Tuple};

/// A stream whose tuples of one key are in one task. No [`Stream`] is one: see [`Stream::key_by`].
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no key",
    label = "this needs all tuples of a key in one task",
    note = "say what the key is first: `stream.key_by(|tuple| ...)`; if all tuples belong together, \
            `stream.key_by(|_| ())`"
)]
pub trait HasKey {}

impl<T: Tuple + ?Sized> Stream<T> {
    #[doc(hidden)]
    pub fn count(&self, name: impl Into<Arc<str>>) -> BoltBuilder<KeyedFold<T, (), u64>, Emitter<((), u64)>>
    where
        Self: HasKey,
    {
        self.key_by(|_| ()).count(name)
    }

    #[doc(hidden)]
    pub fn fold<A: Clone + Send + Sync + 'static>(
        &self,
        name: impl Into<Arc<str>>,
        init: impl Fn() -> A + Send + Sync + 'static,
        add: impl Fn(&mut A, &T) + Send + Sync + 'static,
    ) -> BoltBuilder<KeyedFold<T, (), A>, Emitter<((), A)>>
    where
        Self: HasKey,
    {
        self.key_by(|_| ()).fold(name, init, add)
    }

    #[doc(hidden)]
    pub fn reduce(
        &self,
        name: impl Into<Arc<str>>,
        join: impl Fn(&T, &T) -> T + Send + Sync + 'static,
    ) -> BoltBuilder<KeyedFold<T, (), T>, Emitter<((), T)>>
    where
        T: Clone + Sized,
        Self: HasKey,
    {
        self.key_by(|_| ()).reduce(name, join)
    }
}
