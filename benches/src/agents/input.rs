use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use flowcore::base::blocking;

use super::LINE;
use crate::{Failure, tail};

/// A file of so many lines, made the first time.
pub(super) async fn lines(count: u64) -> Result<PathBuf, Failure> {
    blocking(move || make(count)).await?
}

fn make(count: u64) -> Result<PathBuf, Failure> {
    let folder = std::env::temp_dir().join("flowcore-bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("lines-{count}.log"));
    if fs::metadata(&path).is_ok_and(|file| file.len() == count * LINE) {
        // Nobody reads it from the disk because of coming first.
        io::copy(&mut File::open(&path)?, &mut io::sink())?;
        return Ok(path);
    }
    let part = path.with_extension("part");
    tail::write_lines(&part, count)?;
    // What waits to be written would be written while somebody is measured.
    File::open(&part)?.sync_all()?;
    fs::rename(&part, &path)?;
    Ok(path)
}

/// Whether both files have the same content.
pub(super) fn same(one: &Path, other: &Path) -> io::Result<bool> {
    use std::io::{BufRead, BufReader};
    const READ: usize = 1 << 20;
    let mut one = BufReader::with_capacity(READ, File::open(one)?);
    let mut other = BufReader::with_capacity(READ, File::open(other)?);
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if length == 0 {
            return Ok(left.is_empty() && right.is_empty());
        }
        if left[..length] != right[..length] {
            return Ok(false);
        }
        one.consume(length);
        other.consume(length);
    }
}
