use super::{BoltBuilder, Feedback, SpoutBuilder, Stream};
use crate::process::{Bolt, Emitter, Outputs, Spout, Tuple};

/// What a bolt can read: a [`Stream`], or a spout or bolt with one output, which stands for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream that a bolt can read",
    label = "this is not one stream",
    note = "a bolt has a stream once a grouping says what it reads: call `shuffle`, `fields` or another one on \
            it first",
    note = "a component with several outputs has one stream for each: pass `&it.0` or `&it.1`"
)]
pub trait AsStream {
    /// What it carries.
    type Tuple: Tuple + ?Sized;

    /// The stream.
    fn as_stream(&self) -> &Stream<Self::Tuple>;
}

impl<T: Tuple + ?Sized> AsStream for Stream<T> {
    type Tuple = T;

    fn as_stream(&self) -> &Self {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<S: AsStream + ?Sized> AsStream for &S {
    type Tuple = S::Tuple;

    fn as_stream(&self) -> &Stream<S::Tuple> {
        (**self).as_stream()
    }
}

#[diagnostic::do_not_recommend]
impl<S> AsStream for SpoutBuilder<S>
where
    S: Spout<Out: OneOutput>,
{
    type Tuple = <S::Out as OneOutput>::Tuple;

    fn as_stream(&self) -> &Stream<Self::Tuple> {
        S::Out::stream(self.streams())
    }
}

#[diagnostic::do_not_recommend]
impl<B, O: OneOutput> AsStream for BoltBuilder<B, O> {
    type Tuple = O::Tuple;

    fn as_stream(&self) -> &Stream<O::Tuple> {
        O::stream(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Tuple + ?Sized> AsStream for Feedback<T> {
    type Tuple = T;

    fn as_stream(&self) -> &Stream<T> {
        self
    }
}

/// Outputs that are one stream. What it carries follows from the output alone, so that a bolt for other tuples
/// is what the compiler complains about.
#[doc(hidden)]
pub trait OneOutput: Outputs {
    type Tuple: Tuple + ?Sized;

    fn stream(handles: &Self::Handles) -> &Stream<Self::Tuple>;
}

impl<T: Tuple + ?Sized> OneOutput for Emitter<T> {
    type Tuple = T;

    fn stream(handles: &Stream<T>) -> &Stream<T> {
        handles
    }
}

/// A stream that a bolt of type `B` can read: one whose tuples it processes. It cannot be implemented elsewhere.
#[diagnostic::on_unimplemented(
    message = "`{B}` does not process what this stream carries",
    label = "its tuples are not those of the bolt",
    note = "implement `Bolt` for the stream's tuples as well, or subscribe to another stream; `map` makes one of \
            another type"
)]
pub trait ReadBy<B> {}

#[diagnostic::do_not_recommend]
impl<B: Bolt<S::Tuple>, S: AsStream> ReadBy<B> for S {}
