use std::io;
use std::path::Path;

use flowcore::base::LocalDisk;
use redb::{Database, DatabaseError, StorageError};

use super::tables::{self, VERSION};
use crate::archive::ArchiveError;
use crate::archive::error::AnyError;

/// What redb may keep in memory: the window that is read again and again is a few pages.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

pub(super) fn open(path: &Path) -> Result<Database, ArchiveError> {
    LocalDisk
        .create_whole(path, make)
        .map_err(|source| ArchiveError::Open { path: path.to_owned(), source })?;
    let database = database(path).map_err(|error| refused(path, error))?;
    let path = path.to_owned();
    match tables::prepare(&database) {
        Ok(Some(VERSION)) => Ok(database),
        Ok(Some(found)) => Err(ArchiveError::Version { path, found, expected: VERSION }),
        Ok(None) => Err(ArchiveError::NotAnArchive { path }),
        Err(source) => Err(ArchiveError::Open { path, source }),
    }
}

/// A database that a crash leaves half made cannot be opened again.
fn make(path: &Path) -> Result<(), AnyError> {
    tables::prepare(&database(path)?)?;
    Ok(())
}

fn database(path: &Path) -> Result<Database, DatabaseError> {
    Database::builder().set_cache_size(CACHE_BYTES).create(path)
}

fn refused(path: &Path, error: DatabaseError) -> ArchiveError {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen => ArchiveError::Locked { path },
        DatabaseError::Storage(StorageError::Io(source)) if source.kind() == io::ErrorKind::InvalidData => {
            ArchiveError::NotAnArchive { path }
        }
        error => ArchiveError::Open { path, source: error.into() },
    }
}
