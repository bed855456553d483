use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::WebAddress;
use super::fetch::{FetchError, fetch};
use crate::properties::MAX_BYTES;

/// Where a part of a configuration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    File(PathBuf),
    Web(WebAddress),
}

/// Who is asked for by a web server.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Where all of a configuration is.
#[derive(Debug, Clone)]
pub(crate) struct Origins {
    pub(crate) places: Vec<Origin>,
    pub(crate) credentials: Option<Credentials>,
    /// Whether the name of a server must be that in its certificate.
    pub(crate) verifies_host: bool,
}

/// What was read, with the names that messages show.
pub(crate) type Contents = Vec<(String, Vec<u8>)>;

/// Why a configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("cannot read {path}", path = .path.display())]
    Io {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("cannot get {address}")]
    Fetch {
        address: WebAddress,
        #[source]
        cause: FetchError,
    },
}

impl Origins {
    /// All of it, or none.
    pub(crate) async fn read(&self) -> Result<Contents, ReadError> {
        let mut contents = Vec::with_capacity(self.places.len());
        for place in &self.places {
            contents.push(match place {
                Origin::File(path) => (path.display().to_string(), content(path)?),
                Origin::Web(address) => (address.to_string(), self.fetch(address).await?),
            });
        }
        Ok(contents)
    }

    async fn fetch(&self, address: &WebAddress) -> Result<Vec<u8>, ReadError> {
        let fetched = fetch(address, self.credentials.as_ref(), self.verifies_host).await;
        fetched.map_err(|cause| ReadError::Fetch { address: address.clone(), cause })
    }

    /// The files among them.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.places.iter().filter_map(|place| match place {
            Origin::File(path) => Some(path.as_path()),
            Origin::Web(_) => None,
        })
    }

    /// Whether part of it is on a web server.
    pub(crate) fn has_web(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Origin::Web(_)))
    }
}

/// The contents of files, with their names.
pub(crate) fn contents(files: &[PathBuf]) -> Result<Contents, ReadError> {
    files.iter().map(|path| Ok((path.display().to_string(), content(path)?))).collect()
}

/// The content of a file; one byte more than is allowed shows that it is too large.
pub(crate) fn content(path: &Path) -> Result<Vec<u8>, ReadError> {
    let cannot = |cause| ReadError::Io { path: path.to_owned(), cause };
    let mut content = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut content).map_err(cannot)?;
    Ok(content)
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}
