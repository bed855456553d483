use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowcore::base::LocalDisk;
use redb::{Database, DatabaseError, StorageError};

use super::tables::{self, VERSION};
use super::{AnyError, EmbeddedStore, StoreError};

/// What redb may keep in memory: the whole program is to be small, and one bucket's counts are a few KB.
const CACHE_BYTES: usize = 1024 * 1024;

pub(super) fn open(path: PathBuf) -> Result<EmbeddedStore, StoreError> {
    LocalDisk.create_whole(&path, make).map_err(|source| StoreError::Open { path: path.clone(), source })?;
    let database = database(&path).map_err(|error| refused(&path, error))?;
    match tables::prepare(&database) {
        Ok(Some(VERSION)) => Ok(EmbeddedStore { database: Arc::new(database), path }),
        Ok(Some(found)) => Err(StoreError::Version { path, found, expected: VERSION }),
        Ok(None) => Err(StoreError::NotAStore { path }),
        Err(source) => Err(StoreError::Open { path, source }),
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

fn refused(path: &Path, error: DatabaseError) -> StoreError {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::Locked { path },
        DatabaseError::Storage(StorageError::Io(source)) if source.kind() == io::ErrorKind::InvalidData => {
            StoreError::NotAStore { path }
        }
        error => StoreError::Open { path, source: error.into() },
    }
}
