//! What can be a tuple, and how a batch of it is laid out.

/// What travels on a stream. Every `Sized` type that is `Send + Sync` is a tuple as it is; `str` and `[u8]`
/// are tuples too, and their batches are packed into one buffer.
///
/// Tuples are immutable and delivered by reference.
pub trait Tuple: Send + Sync + 'static {
    /// What `emit` takes: the value itself, or a borrow of text and bytes.
    type Put<'a>;
    /// How a batch of it lies in memory.
    #[doc(hidden)]
    type Batch: TupleBatch<Self>;
}

/// A batch of tuples: filled once, then only read.
#[doc(hidden)]
pub trait TupleBatch<T: Tuple + ?Sized>: Default + Send + Sync + 'static {
    /// Whether there is something to be freed for a tuple alone.
    const OWNS_MEMORY: bool;

    fn push(&mut self, tuple: T::Put<'_>);
    fn len(&self) -> usize;
    fn get(&self, index: usize) -> Option<&T>;
    /// The tuple at an index that is known to be there.
    fn at(&self, index: usize) -> &T;
    /// The tuples from `start` to before `end`, with their indices.
    fn stretch(&self, start: u32, end: u32) -> impl Iterator<Item = (u32, &T)> + Send;
    fn append(&mut self, other: &mut Self);
    fn clear(&mut self);
    /// Empty, it gets room for as much as there is in `other`.
    fn make_room_as_for(&mut self, other: &Self);
}

impl<T: Send + Sync + 'static> Tuple for T {
    type Put<'a> = T;
    type Batch = Vec<T>;
}

impl<T: Send + Sync + 'static> TupleBatch<T> for Vec<T> {
    const OWNS_MEMORY: bool = std::mem::needs_drop::<T>();

    #[inline]
    fn push(&mut self, tuple: T) {
        Vec::push(self, tuple);
    }

    #[inline]
    fn len(&self) -> usize {
        Vec::len(self)
    }

    #[inline]
    fn get(&self, index: usize) -> Option<&T> {
        <[T]>::get(self, index)
    }

    fn at(&self, index: usize) -> &T {
        &self[index]
    }

    #[inline]
    fn stretch(&self, start: u32, end: u32) -> impl Iterator<Item = (u32, &T)> + Send {
        (start..).zip(<[T]>::get(self, start as usize..end as usize).unwrap_or_default())
    }

    fn append(&mut self, other: &mut Self) {
        Vec::append(self, other);
    }

    fn clear(&mut self) {
        Vec::clear(self);
    }

    fn make_room_as_for(&mut self, other: &Self) {
        self.reserve(other.len());
    }
}

impl Tuple for str {
    type Put<'a> = &'a str;
    type Batch = Packed<String>;
}

impl Tuple for [u8] {
    type Put<'a> = &'a [u8];
    type Batch = Packed<Vec<u8>>;
}

/// Pieces that lie one after the other in one buffer, and where each ends.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Packed<B> {
    buffer: B,
    ends: Vec<usize>,
}

impl<B> Packed<B> {
    #[inline]
    fn range(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let end = *self.ends.get(index)?;
        Some(self.start(index)..end)
    }

    #[inline]
    fn start(&self, index: usize) -> usize {
        self.ends.as_slice().get(index.wrapping_sub(1)).copied().unwrap_or(0)
    }

    /// How long the pieces from `start` to before `end` are, and where the first one starts.
    #[inline]
    fn lengths(&self, start: u32, end: u32) -> (usize, impl Iterator<Item = (u32, usize)>) {
        let first = self.start(start as usize);
        let mut from = first;
        let ends = self.ends.as_slice().get(start as usize..end as usize).unwrap_or_default();
        let lengths =
            (start..).zip(ends).map(move |(index, &to)| (index, to - std::mem::replace(&mut from, to)));
        (first, lengths)
    }

    fn known_range(&self, index: usize) -> std::ops::Range<usize> {
        self.start(index)..self.ends[index]
    }

    fn append_ends(&mut self, offset: usize, other: &mut Self) {
        self.ends.extend(other.ends.drain(..).map(|end| end + offset));
    }
}

impl TupleBatch<str> for Packed<String> {
    const OWNS_MEMORY: bool = false;

    #[inline]
    fn push(&mut self, tuple: &str) {
        self.buffer.push_str(tuple);
        self.ends.push(self.buffer.len());
    }

    #[inline]
    fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    fn get(&self, index: usize) -> Option<&str> {
        self.buffer.get(self.range(index)?)
    }

    fn at(&self, index: usize) -> &str {
        &self.buffer[self.known_range(index)]
    }

    #[inline]
    fn stretch(&self, start: u32, end: u32) -> impl Iterator<Item = (u32, &str)> + Send {
        let (first, mut lengths) = self.lengths(start, end);
        let mut rest = self.buffer.get(first..).unwrap_or_default();
        std::iter::from_fn(move || {
            let (index, length) = lengths.next()?;
            let (tuple, others) = rest.split_at_checked(length)?;
            rest = others;
            Some((index, tuple))
        })
    }

    fn append(&mut self, other: &mut Self) {
        let offset = self.buffer.len();
        self.buffer.push_str(&other.buffer);
        other.buffer.clear();
        self.append_ends(offset, other);
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.ends.clear();
    }

    fn make_room_as_for(&mut self, other: &Self) {
        self.buffer.reserve(other.buffer.len());
        self.ends.reserve(other.ends.len());
    }
}

impl TupleBatch<[u8]> for Packed<Vec<u8>> {
    const OWNS_MEMORY: bool = false;

    #[inline]
    fn push(&mut self, tuple: &[u8]) {
        self.buffer.extend_from_slice(tuple);
        self.ends.push(self.buffer.len());
    }

    #[inline]
    fn len(&self) -> usize {
        self.ends.len()
    }

    #[inline]
    fn get(&self, index: usize) -> Option<&[u8]> {
        self.buffer.as_slice().get(self.range(index)?)
    }

    fn at(&self, index: usize) -> &[u8] {
        &self.buffer[self.known_range(index)]
    }

    #[inline]
    fn stretch(&self, start: u32, end: u32) -> impl Iterator<Item = (u32, &[u8])> + Send {
        let (first, mut lengths) = self.lengths(start, end);
        let mut rest = self.buffer.as_slice().get(first..).unwrap_or_default();
        std::iter::from_fn(move || {
            let (index, length) = lengths.next()?;
            let (tuple, others) = rest.split_at_checked(length)?;
            rest = others;
            Some((index, tuple))
        })
    }

    fn append(&mut self, other: &mut Self) {
        let offset = self.buffer.len();
        self.buffer.append(&mut other.buffer);
        self.append_ends(offset, other);
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.ends.clear();
    }

    fn make_room_as_for(&mut self, other: &Self) {
        self.buffer.reserve(other.buffer.len());
        self.ends.reserve(other.ends.len());
    }
}
