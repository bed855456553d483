use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::properties::{LoadError, MAX_BYTES};

/// Why a configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("cannot read {path}", path = .path.display())]
    Io {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// The contents of files, with their names.
pub(super) fn contents(files: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
    files.iter().map(|path| Ok((path.display().to_string(), content(path)?))).collect()
}

/// The content of a file; one byte more than is allowed shows that it is too large.
fn content(path: &Path) -> Result<Vec<u8>, ReadError> {
    let cannot = |cause| ReadError::Io { path: path.to_owned(), cause };
    let mut content = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut content).map_err(cannot)?;
    Ok(content)
}

/// A message and its causes on one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
