use std::collections::HashMap;
use std::sync::Arc;

use crate::order::{Limit, Reject};

/// Names as small numbers, given out from 0 in the order of first sight.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    ids: HashMap<Arc<str>, usize, foldhash::fast::RandomState>,
    names: Vec<Arc<str>>,
}

impl Vocabulary {
    /// The number of a name, new or known, unless it would be one too many.
    #[inline]
    pub(super) fn admit(&mut self, name: &str, limit: Limit) -> Result<usize, Reject> {
        match self.ids.get(name) {
            Some(&id) => Ok(id),
            None if self.names.len() >= limit.most() => Err(Reject::TooManyNames { what: limit }),
            None => Ok(self.intern(name)),
        }
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
