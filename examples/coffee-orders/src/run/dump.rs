use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::Failure;
use super::embedded::STORE_FILE;
use crate::cli::DumpOptions;
use crate::cover::Cover;
use crate::document::Document;
use crate::queue::Server;
use crate::rejects::RejectsFile;
use crate::store::{EmbeddedStore, Store};

/// Prints everything that is stored.
pub(super) async fn run(options: &DumpOptions) -> Result<(), Failure> {
    match &options.redis {
        Some(url) => dump_redis(url, &options.dir.dir).await,
        None => dump_embedded(options).await,
    }
}

async fn dump_redis(url: &str, dir: &Path) -> Result<(), Failure> {
    let mut server = Server::new(url)?;
    let buckets = server.buckets().await?;
    let mut document = Document::begin(BufWriter::new(io::stdout().lock()), server.totals(&buckets).await?)?;
    // Lines that the collector set aside never came into the queue: all of them are rejected.
    write_rejects(&mut document, dir, None)?;
    for bucket in buckets {
        for tally in server.stored(bucket).await? {
            document.tally(bucket, &tally)?;
        }
    }
    document.end()?;
    Ok(())
}

async fn dump_embedded(options: &DumpOptions) -> Result<(), Failure> {
    let dir = &options.dir.dir;
    let path = dir.join(STORE_FILE);
    if !path.exists() {
        return Err(Failure::from(format!("nothing is stored in {}", dir.display())));
    }
    let store = EmbeddedStore::open(&path).await?;
    let mut document = Document::begin(BufWriter::new(io::stdout().lock()), store.totals().await?)?;
    write_rejects(&mut document, dir, Some(&store.cover().await?))?;
    document.stored(&store).await?;
    document.end()?;
    Ok(())
}

/// By line: two tasks count, and what one sets aside may come before what the other does.
fn write_rejects<W: Write>(
    document: &mut Document<W>,
    dir: &Path,
    committed: Option<&Cover>,
) -> Result<(), Failure> {
    let mut rejects = Vec::new();
    RejectsFile::read(dir, committed, |rejected| rejects.push((rejected.line, rejected.reason)))?;
    rejects.sort_by_key(|(line, _)| *line);
    for (line, reason) in rejects {
        document.rejected(line, &reason)?;
    }
    Ok(())
}
