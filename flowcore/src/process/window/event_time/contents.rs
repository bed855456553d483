use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::table::Table;

pub(super) type ByKey<K, A> = HashMap<K, A, RandomState>;

/// What a window holds, by key. A session has one key alone, which needs no map.
#[derive(Debug)]
pub struct Contents<K, A> {
    one: Option<(K, A)>,
    many: Table<K, A>,
    held: usize,
}

impl<K, A> Contents<K, A> {
    pub(super) fn one(key: K, contents: A) -> Self {
        Self { one: Some((key, contents)), many: Table::default(), held: 1 }
    }

    pub(super) fn many(many: Table<K, A>) -> Self {
        let held = many.len();
        Self { one: None, many, held }
    }

    /// Everything, once.
    pub(in crate::process::window) fn drain(&mut self) -> impl Iterator<Item = (K, A)> {
        self.one.take().into_iter().chain(self.many.drain())
    }

    /// The empty table, if it is not much too large for what it held.
    pub(super) fn into_spare(self) -> Table<K, A> {
        let fits = self.many.capacity() / 8 <= self.held;
        if fits { self.many } else { Table::default() }
    }
}
