use std::collections::BTreeMap;
use std::sync::Arc;

use redb::{Database, ReadableTable, Table, WriteTransaction};

use super::AnyError;
use super::tables::{self, BRANCHES, BUCKETS, COUNTS, COVER, META};
use crate::bucket::BucketName;
use crate::cover::{Cover, Place};
use crate::order::ALL_BRANCHES;
use crate::statistics::{Statistics, Tally};
use crate::store::Closed;

type CoverTable<'t> = Table<'t, (u64, u64, u64, u64), u64>;

pub(super) enum CommitError {
    Overlap(Place),
    Database(AnyError),
}

impl<E: Into<AnyError>> From<E> for CommitError {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

/// All of it in one transaction: an error on the way drops the transaction, and nothing has happened.
pub(super) fn commit(database: &Database, closed: &[Arc<Closed>]) -> Result<(), CommitError> {
    let transaction = database.begin_write()?;
    for closed in closed {
        if cover(&mut transaction.open_table(COVER)?, &closed.cover)? {
            add(&transaction, closed.bucket, &closed.statistics)?;
        }
    }
    Ok(transaction.commit()?)
}

/// Adds a cover; `false` if all of it was there already.
fn cover(table: &mut CoverTable<'_>, cover: &Cover) -> Result<bool, CommitError> {
    let (mut new, mut known) = (0, None);
    for place in cover.ranges() {
        match before(table, place, place.end)? {
            Some(stored) if stored.start <= place.start && place.end <= stored.end => known = Some(place),
            Some(stored) if stored.end > place.start => return Err(CommitError::Overlap(place)),
            _ => new += 1,
        }
    }
    match known {
        Some(place) if new > 0 => Err(CommitError::Overlap(place)),
        Some(_) => Ok(false),
        None => {
            cover.ranges().try_for_each(|place| insert(table, place))?;
            Ok(true)
        }
    }
}

/// The key of a range that starts at `offset` of the place's file.
fn key(place: Place, offset: u64) -> (u64, u64, u64, u64) {
    (place.file.device, place.file.inode, place.generation, offset)
}

/// The last stored range of the place's file that starts before `offset`.
fn before(table: &CoverTable<'_>, place: Place, offset: u64) -> Result<Option<Place>, AnyError> {
    let Some(entry) = table.range(key(place, 0)..key(place, offset))?.next_back() else {
        return Ok(None);
    };
    let (key, end) = entry?;
    Ok(Some(Place { start: key.value().3, end: end.value(), ..place }))
}

/// Adds a range that overlaps none, as one with those that it touches.
fn insert(table: &mut CoverTable<'_>, mut place: Place) -> Result<(), AnyError> {
    if let Some(left) = before(table, place, place.start)?.filter(|left| left.end == place.start) {
        place.start = left.start;
    }
    if let Some(end) = table.remove(key(place, place.end))?.map(|end| end.value()) {
        place.end = end;
    }
    table.insert(key(place, place.start), place.end)?;
    Ok(())
}

fn add(transaction: &WriteTransaction, bucket: BucketName, new: &Statistics) -> Result<(), AnyError> {
    if new.is_empty() {
        return Ok(());
    }
    transaction.open_table(BUCKETS)?.insert(bucket.as_str(), ())?;
    let mut branches = transaction.open_table(BRANCHES)?;
    for branch in new.branches().into_iter().filter(|&branch| branch != ALL_BRANCHES) {
        branches.insert(branch, ())?;
    }
    let mut counts = transaction.open_table(COUNTS)?;
    for Tally { branch, dimension, counts: new } in new.tallies() {
        let key = (bucket.as_bytes(), branch.as_str(), tables::number(dimension));
        let mut sum: BTreeMap<String, u64> = match counts.get(key)? {
            Some(stored) => serde_json::from_slice(stored.value())?,
            None => BTreeMap::new(),
        };
        for (name, count) in new {
            *sum.entry(name).or_default() += count;
        }
        counts.insert(key, serde_json::to_vec(&sum)?.as_slice())?;
    }
    let mut meta = transaction.open_table(META)?;
    for (key, more) in [("orders", new.orders()), ("cups", new.cups())] {
        let sum = meta.get(key)?.map_or(0, |stored| stored.value()) + more;
        meta.insert(key, sum)?;
    }
    Ok(())
}
