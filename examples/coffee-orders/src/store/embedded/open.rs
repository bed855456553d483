use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, DatabaseError, StorageError};

use super::tables::{self, VERSION};
use super::{AnyError, EmbeddedStore, StoreError};

/// What redb may keep in memory: the whole program is to be small, and one bucket's counts are a few KB.
const CACHE_BYTES: usize = 1024 * 1024;

pub(super) fn open(path: PathBuf) -> Result<EmbeddedStore, StoreError> {
    if !path.exists() {
        make(&path).map_err(|source| StoreError::Open { path: path.clone(), source })?;
    }
    let database = database(&path).map_err(|error| refused(&path, error))?;
    match tables::prepare(&database) {
        Ok(Some(VERSION)) => Ok(EmbeddedStore { database: Arc::new(database), path }),
        Ok(Some(found)) => Err(StoreError::Version { path, found, expected: VERSION }),
        Ok(None) => Err(StoreError::NotAStore { path }),
        Err(source) => Err(StoreError::Open { path, source }),
    }
}

/// A database that a crash leaves half made cannot be opened again: so it gets its name when it is whole.
fn make(path: &Path) -> Result<(), AnyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut new = OsString::from(path);
    // Nobody else's: a process may open it twice at once, and in containers all have the same number.
    new.push(format!(".{:016x}.new", RandomState::new().build_hasher().finish()));
    tables::prepare(&database(Path::new(&new))?)?;
    let named = fs::hard_link(&new, path);
    fs::remove_file(&new)?;
    match named {
        // Somebody else was faster: theirs is as good.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    // The name is safe only when the folder is.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
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
