use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;

use redb::{Database, DatabaseError, StorageError};

use super::tables::{self, VERSION};
use crate::archive::ArchiveError;
use crate::archive::error::AnyError;

/// What redb may keep in memory: the window that is read again and again is a few pages.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

pub(super) fn open(path: &Path) -> Result<Database, ArchiveError> {
    if !path.exists() {
        make(path).map_err(|source| ArchiveError::Open { path: path.to_owned(), source })?;
    }
    let database = database(path).map_err(|error| refused(path, error))?;
    let path = path.to_owned();
    match tables::prepare(&database) {
        Ok(Some(VERSION)) => Ok(database),
        Ok(Some(found)) => Err(ArchiveError::Version { path, found, expected: VERSION }),
        Ok(None) => Err(ArchiveError::NotAnArchive { path }),
        Err(source) => Err(ArchiveError::Open { path, source }),
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
