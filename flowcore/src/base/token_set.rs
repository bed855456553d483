use std::sync::Arc;

use super::{DeliveryError, Failure, LossKind, Root, Token, Work};

/// Tokens of many tuples, as cheap as one bit a tuple.
///
/// A window or a batching bolt keeps what it owes here: one share for each root batch and a mark for each
/// tuple of it. Like a [`Token`], a set that is dropped has failed, with every tuple in it.
///
/// ```
/// use flowcore::base::{Token, TokenSet};
/// use std::sync::{Arc, atomic::{AtomicU32, Ordering}};
///
/// let safe = Arc::new(AtomicU32::new(0));
/// let mut kept = TokenSet::default();
/// for _ in 0..3 {
///     let safe = safe.clone();
///     kept.insert(Token::new(move |outcome| {
///         assert!(outcome.is_ok());
///         safe.fetch_add(1, Ordering::Relaxed);
///     }));
/// }
/// assert_eq!(kept.len(), 3);
/// kept.ack();
/// assert_eq!(safe.load(Ordering::Relaxed), 3);
/// ```
#[must_use = "a token set that is dropped has failed"]
#[derive(Debug, Default)]
pub struct TokenSet {
    kept: Vec<Kept>,
    len: usize,
}

#[derive(Debug)]
struct Kept {
    root: Arc<Root>,
    marks: Marks,
}

impl TokenSet {
    /// How many tuples it stands for.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it stands for nothing.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds one token.
    pub fn insert(&mut self, token: Token) {
        let Some((root, index)) = token.into_root() else { return };
        if let Some(last) = self.kept.last_mut().filter(|last| Arc::ptr_eq(&last.root, &root)) {
            self.len += usize::from(last.marks.set(index));
            // Two shares became one; the set still holds the other, so this cannot settle the root.
            root.release_kept();
            return;
        }
        self.len += 1;
        self.kept.push(Kept { root, marks: Marks::one(index) });
    }

    /// Adds the tuple `index` of `work`, without a share of its own if the last one is of the same root.
    #[inline]
    pub(crate) fn keep(&mut self, work: &Work, index: u32) {
        let Some(root) = work.root_ref() else { return };
        match self.kept.last_mut() {
            Some(last) if Arc::ptr_eq(&last.root, root) => self.len += usize::from(last.marks.set(index)),
            _ => self.insert(work.token(index)),
        }
    }

    /// Adds some of the 64 tuples of `work` from `nth * 64` on, as [`keep`](Self::keep) does with each: those whose
    /// bits are set.
    pub(crate) fn keep_word(&mut self, work: &Work, nth: u32, bits: u64) {
        let Some(root) = work.root_ref().filter(|_| bits != 0) else { return };
        if !self.kept.last().is_some_and(|last| Arc::ptr_eq(&last.root, root)) {
            self.insert(work.token(nth * 64 + bits.trailing_zeros()));
        }
        if let Some(last) = self.kept.last_mut() {
            self.len += last.marks.set_word(nth, bits);
        }
    }

    /// Takes over everything in `other`.
    pub fn append(&mut self, mut other: TokenSet) {
        self.len += std::mem::take(&mut other.len);
        self.kept.append(&mut other.kept);
    }

    /// One more set of shares in the same tuples: both must be answered.
    pub fn share(&self) -> Self {
        let share = |kept: &Kept| Token::of(Some(kept.root.clone()), 0).into_root().map(|(root, _)| root);
        let kept = self.kept.iter();
        let kept = kept.filter_map(|k| Some(Kept { root: share(k)?, marks: k.marks.clone() })).collect();
        Self { kept, len: self.len }
    }

    /// Begins the deadlines of all of them anew. See [`Token::keep_alive`].
    pub fn keep_alive(&self) {
        for kept in &self.kept {
            kept.root.keep_alive();
        }
    }

    /// All of them are safe.
    pub fn ack(mut self) {
        self.len = 0;
        for kept in self.kept.drain(..) {
            kept.root.release_kept();
        }
    }

    /// None of them could be delivered.
    pub fn fail(mut self, error: &DeliveryError) {
        self.fail_now(error);
    }

    fn fail_now(&mut self, error: &DeliveryError) {
        self.len = 0;
        for kept in self.kept.drain(..) {
            for index in kept.marks.iter() {
                kept.root.record(Failure { index, error: error.clone() });
            }
            kept.root.release_kept();
        }
    }
}

impl Drop for TokenSet {
    fn drop(&mut self) {
        if !self.kept.is_empty() {
            self.fail_now(&DeliveryError::new("the holder of its token", LossKind::Dropped));
        }
    }
}

/// Which tuples of a root: a bitmap from the first one kept.
#[derive(Debug, Clone)]
struct Marks {
    first_word: u32,
    words: Vec<u64>,
}

impl Marks {
    fn one(index: u32) -> Self {
        Self { first_word: index / 64, words: vec![1 << (index % 64)] }
    }

    /// Returns whether the mark is new.
    #[inline]
    fn set(&mut self, index: u32) -> bool {
        let at = (index / 64).wrapping_sub(self.first_word) as usize;
        let bit = 1 << (index % 64);
        match self.words.get_mut(at) {
            Some(word) => {
                let new = *word & bit == 0;
                *word |= bit;
                new
            }
            None => self.set_beyond(index),
        }
    }

    /// Sets the marks of one word that `bits` has. Returns how many of them are new.
    fn set_word(&mut self, word: u32, bits: u64) -> usize {
        let at = word.wrapping_sub(self.first_word) as usize;
        if let Some(marks) = self.words.get_mut(at) {
            let new = bits & !*marks;
            *marks |= bits;
            return new.count_ones() as usize;
        }
        *self.beyond(word) |= bits;
        bits.count_ones() as usize
    }

    /// Of a word that is not there yet.
    #[cold]
    fn set_beyond(&mut self, index: u32) -> bool {
        *self.beyond(index / 64) |= 1 << (index % 64);
        true
    }

    /// Makes room for a word that is not there yet.
    fn beyond(&mut self, word: u32) -> &mut u64 {
        if word < self.first_word {
            let room = (self.first_word - word) as usize;
            self.words.splice(0..0, std::iter::repeat_n(0, room));
            self.first_word = word;
        }
        let at = (word - self.first_word) as usize;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        &mut self.words[at]
    }

    fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().zip(self.first_word..).flat_map(|(&word, at)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 64 + bit)
        })
    }
}
