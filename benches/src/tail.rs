//! Tail: a file of 200-byte lines through the tail source, a memory channel and a null sink. Beside it a bare
//! loop that reads the file and finds its lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use flowcore::ingest::sink::NullSink;
use flowcore::ingest::source::TailSource;
use flowcore::ingest::{AgentBuilder, MemoryChannel};

use crate::{Failure, check};

/// Read at once by the bare loop.
const READ: usize = 64 * 1024;

/// Writes the file.
///
/// # Errors
/// Those of the disk.
pub fn write_lines(path: &Path, lines: u64) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for line in 0..lines {
        writeln!(file, "{line:0>199}")?;
    }
    file.flush()
}

/// Moves all lines to the null sink.
///
/// # Errors
/// When the agent fails or loses one.
pub async fn agent(path: &Path, lines: u64) -> Result<(), Failure> {
    let path = path.to_owned();
    let agent = AgentBuilder::new("bench")
        .channel("memory", MemoryChannel::builder().capacity(100_000).transaction(10_000))
        .source("tail", move || TailSource::new([path.clone()]).until_end(true).watch(false))
        .into(["memory"])
        .sink("null", NullSink::new)
        .batch(1_000)
        .from("memory")
        .build()?;
    let report = agent.start().await?.wait().await?;
    let delivered = report.snapshot.sinks.iter().map(|sink| sink.delivered).sum();
    check("delivered lines", lines, delivered)?;
    Ok(())
}

/// Reads the file and finds its lines.
///
/// # Errors
/// When it cannot be read.
pub fn bare_loop(path: &Path, lines: u64) -> Result<(), Failure> {
    let mut file = BufReader::with_capacity(READ, File::open(path)?);
    let mut found = 0;
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        // A line that goes on in the next piece is found there.
        found += memchr::memchr_iter(b'\n', bytes).map(std::hint::black_box).count() as u64;
        let length = bytes.len();
        file.consume(length);
    }
    check("lines", lines, found)?;
    Ok(())
}
