//! Files of lines that are appended to, and may end in the middle of a line after a crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// How much of a line is looked at.
const LONGEST: usize = 128 * 1024;

/// Opens the file to append to it, making it and its folder if they are missing. Each complete line there
/// is visited, and what follows the last of them is cut off.
pub(crate) fn open_complete(path: &Path, visit: impl FnMut(&[u8])) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let complete = each_line(&mut file, visit)?;
    if file.metadata()?.len() > complete {
        file.set_len(complete)?;
    }
    Ok(file)
}

/// Visits each line that ends with a newline, without it, and says how many bytes they are together. Of a
/// very long line only the beginning is given.
pub(crate) fn each_line(from: impl Read, mut visit: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut from = BufReader::with_capacity(64 * 1024, from);
    let (mut line, mut complete, mut read) = (Vec::new(), 0, 0);
    loop {
        let bytes = from.fill_buf()?;
        if bytes.is_empty() {
            return Ok(complete);
        }
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        line.extend_from_slice(&part[..part.len().min(LONGEST - line.len())]);
        let used = part.len() + usize::from(end.is_some());
        from.consume(used);
        read += used as u64;
        if end.is_some() {
            complete = read;
            visit(&line);
            line.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_lines_are_visited_and_a_long_one_is_cut() {
        let text = [b"a\n\nbc\n".as_slice(), &vec![b'x'; 300_000], b"\nrest"].concat();
        let mut lines = Vec::new();
        let complete = each_line(text.as_slice(), |line| lines.push(line.len())).unwrap();
        assert_eq!((lines, complete), (vec![1, 0, 2, LONGEST], 6 + 300_001));
    }
}
