//! What is in the file.

use redb::{Database, ReadableDatabase, TableDefinition, TableHandle};

use super::AnyError;
use crate::statistics::Dimension;

/// The format of these tables. Raise it with every change of them.
pub(super) const VERSION: u64 = 2;

/// `version`, `orders` and `cups`.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// Bucket, branch and dimension, to a JSON object of name and count.
pub(super) const COUNTS: TableDefinition<'_, (&[u8; 14], &str, u8), &[u8]> = TableDefinition::new("counts");
/// The buckets in `COUNTS`.
pub(super) const BUCKETS: TableDefinition<'_, &str, ()> = TableDefinition::new("buckets");
/// The branches in `COUNTS`, without `all`.
pub(super) const BRANCHES: TableDefinition<'_, &str, ()> = TableDefinition::new("branches");
/// Device, inode, generation and start of a range of lines, to its end. Ranges do not touch.
pub(super) const COVER: TableDefinition<'_, (u64, u64, u64, u64), u64> = TableDefinition::new("cover");

/// Makes the tables in a new file, and says which format the file has: none if somebody else made it.
pub(super) fn prepare(database: &Database) -> Result<Option<u64>, AnyError> {
    let read = database.begin_read()?;
    let tables: Vec<String> = read.list_tables()?.map(|table| table.name().to_owned()).collect();
    if tables.is_empty() {
        make(database)?;
        return Ok(Some(VERSION));
    }
    if !tables.iter().any(|table| table == META.name()) {
        return Ok(None);
    }
    // A table of that name with other columns is not ours either.
    let Ok(meta) = read.open_table(META) else { return Ok(None) };
    Ok(meta.get("version")?.map(|version| version.value()))
}

fn make(database: &Database) -> Result<(), AnyError> {
    let write = database.begin_write()?;
    write.open_table(META)?.insert("version", VERSION)?;
    write.open_table(COUNTS)?;
    write.open_table(BUCKETS)?;
    write.open_table(BRANCHES)?;
    write.open_table(COVER)?;
    Ok(write.commit()?)
}

pub(super) const fn number(dimension: Dimension) -> u8 {
    match dimension {
        Dimension::CustomerAgeGrades => 0,
        Dimension::PaymentMethods => 1,
        Dimension::Orders => 2,
    }
}

pub(super) fn dimension(number: u8) -> Result<Dimension, AnyError> {
    let known = Dimension::ALL.get(usize::from(number)).copied();
    known.ok_or_else(|| format!("unknown dimension {number}").into())
}
