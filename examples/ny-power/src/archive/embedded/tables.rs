//! What is in the file.

use redb::{Database, ReadableDatabase, TableDefinition, TableHandle};

use crate::archive::Series;
use crate::archive::error::AnyError;

/// The format of these tables. Raise it with every change of them.
pub(super) const VERSION: u64 = 1;

/// `version`.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// The series and milliseconds since 1970, to the value.
pub(super) const POINTS: TableDefinition<'_, (&str, i64), f64> = TableDefinition::new("points");

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
    write.open_table(POINTS)?;
    Ok(write.commit()?)
}

/// The series in a key: a fuel's name, or nothing for the intensity, since no fuel has an empty name.
pub(super) fn name(series: &Series) -> &str {
    match series {
        Series::Intensity => "",
        Series::Fuel(name) => name,
    }
}
