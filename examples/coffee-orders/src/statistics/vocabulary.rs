use std::collections::HashMap;
use std::sync::Arc;

use crate::order::{Limit, Reject};

/// Names as small numbers, given out from 0 in the order of first sight.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    ids: HashMap<Arc<str>, usize, foldhash::fast::RandomState>,
    names: Vec<Arc<str>>,
    seen: Seen,
}

/// For each place, the number of the name that was there last. A guess, to be compared: orders have few
/// different names, and most are found without a hash.
#[derive(Debug, Clone)]
struct Seen([u32; 64]);

impl Default for Seen {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Seen {
    /// Length, first and last byte tell the names of a menu apart.
    #[inline]
    fn place(name: &str) -> usize {
        let bytes = name.as_bytes();
        let [first, last] =
            [bytes.first(), bytes.last()].map(|byte| byte.map_or(0, |&byte| usize::from(byte)));
        (first ^ (last << 2) ^ (bytes.len() * 5)) % 64
    }
}

impl Vocabulary {
    /// The number of a name, new or known, unless it would be one too many.
    #[inline]
    pub(super) fn admit(&mut self, name: &str, limit: Limit) -> Result<usize, Reject> {
        let place = Seen::place(name);
        let guess = self.seen.0[place] as usize;
        if self.names.get(guess).is_some_and(|known| **known == *name) {
            return Ok(guess);
        }
        if self.names.len() >= limit.most() && !self.ids.contains_key(name) {
            return Err(Reject::TooManyNames { what: limit });
        }
        let id = self.intern(name);
        self.seen.0[place] = u32::try_from(id).unwrap_or_default();
        Ok(id)
    }

    /// The number of a name, new or known.
    pub(super) fn intern(&mut self, name: &str) -> usize {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let (name, id) = (Arc::<str>::from(name), self.names.len());
        self.ids.insert(Arc::clone(&name), id);
        self.names.push(name);
        id
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.ids.get(name).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Forgets the names that came after the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        for name in self.names.drain(length.min(self.names.len())..) {
            self.ids.remove(&name);
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }
}
