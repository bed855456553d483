use std::io::{self, BufWriter};

use super::Failure;
use super::embedded::STORE_FILE;
use crate::cli::DumpOptions;
use crate::document::Document;
use crate::rejects::RejectsFile;
use crate::store::{EmbeddedStore, Store};

/// Prints everything that is stored.
pub(super) async fn run(options: &DumpOptions) -> Result<(), Failure> {
    let dir = &options.dir.dir;
    let path = dir.join(STORE_FILE);
    if !path.exists() {
        return Err(Failure::new(format!("nothing is stored in {}", dir.display())));
    }
    let store = EmbeddedStore::open(&path).await?;
    let mut document = Document::begin(BufWriter::new(io::stdout().lock()), store.totals().await?)?;
    let mut written = Ok(());
    RejectsFile::read(dir, &store.cover().await?, |rejected| {
        if written.is_ok() {
            written = document.rejected(rejected.line, &rejected.reason);
        }
    })?;
    written?;
    document.stored(&store).await?;
    document.end()?;
    Ok(())
}
