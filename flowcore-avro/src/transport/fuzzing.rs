//! What fuzz targets reach of this module.

use std::io::Cursor;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::deflate::DeflateStream;

/// What is inflated of `bytes` and how it ended, read in pieces of `piece` bytes.
pub async fn inflated(bytes: &[u8], piece: usize) -> (Vec<u8>, std::io::Result<()>) {
    let mut stream = DeflateStream::new(Cursor::new(bytes.to_vec()), 6);
    let (mut all, mut read) = (Vec::new(), vec![0; piece.max(1)]);
    loop {
        match stream.read(&mut read).await {
            Ok(0) => return (all, Ok(())),
            Ok(count) => all.extend_from_slice(&read[..count]),
            Err(error) => return (all, Err(error)),
        }
    }
}

/// `parts`, each flushed.
///
/// # Errors
/// As the stream says.
pub async fn deflated<'a>(parts: impl IntoIterator<Item = &'a [u8]>, level: u8) -> std::io::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let mut stream = DeflateStream::new(&mut bytes, level);
    for part in parts {
        stream.write_all(part).await?;
        stream.flush().await?;
    }
    stream.shutdown().await?;
    Ok(bytes.into_inner())
}
