//! Two simpler word counts. Words that are there already go by fields grouping to their counter. And lines of a file
//! are read, split and counted. Beside them fused loops.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use flowcore::process::{Emitter, Next, Spout, SpoutError, TopologyBuilder};

use crate::word_count::{Count, Counted, Counts, SENTENCES, Split, finish, words};
use crate::{Failure, check};

/// Sentences that are emitted in one call.
const BATCH: usize = 256;

/// Emits the words of sentences.
struct Words {
    at: usize,
    end: usize,
    sentences: [Vec<&'static str>; SENTENCES.len()],
}

impl Words {
    fn of(sentences: usize) -> Self {
        Self { at: 0, end: sentences, sentences: SENTENCES.map(|sentence| sentence.split(' ').collect()) }
    }
}

impl Spout for Words {
    type Out = Emitter<str>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let end = (self.at + BATCH).min(self.end);
        for at in self.at..end {
            self.sentences[at % SENTENCES.len()].iter().for_each(|word| out.emit(word));
        }
        self.at = end;
        Ok(if end == self.end { Next::End } else { Next::More })
    }
}

/// Counts the words of `sentences` sentences, which nobody has to split.
///
/// # Errors
/// When the topology fails or counts wrongly.
pub async fn count_only(sentences: usize, tasks: usize) -> Result<(), Failure> {
    let counted = Arc::new(Counted::default());
    let into = Arc::clone(&counted);
    let own = sentences / tasks;
    let mut topology = TopologyBuilder::new("words");
    let stream = topology.spout("lines", move || Words::of(own)).parallelism(tasks);
    let count = topology.bolt("count", move || Count::into(&into));
    count.fields(&stream, |word: &str| word).parallelism(tasks);
    finish(topology, words(sentences), sentences, &counted).await
}

/// The same in one loop on one thread.
///
/// # Errors
/// When it counts wrongly.
pub fn count_only_loop(sentences: usize) -> Result<(), Failure> {
    let mut counts = Counts::<&str>::default();
    let each = Words::of(sentences).sentences;
    for at in 0..sentences {
        for word in black_box(&each[at % SENTENCES.len()]) {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    check("words", words(sentences), counts.values().sum())?;
    Ok(())
}

/// Writes a file of sentences, one a line.
///
/// # Errors
/// Those of the disk.
pub fn write_file(path: &Path, sentences: usize) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for at in 0..sentences {
        writeln!(file, "{}", SENTENCES[at % SENTENCES.len()])?;
    }
    file.flush()
}

/// Emits the lines of a file.
struct FileLines {
    file: Option<BufReader<File>>,
    path: Arc<Path>,
    line: String,
}

impl Spout for FileLines {
    type Out = Emitter<str>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let file = match &mut self.file {
            Some(file) => file,
            closed => closed.insert(BufReader::new(File::open(&self.path)?)),
        };
        for _ in 0..BATCH {
            self.line.clear();
            if file.read_line(&mut self.line)? == 0 {
                return Ok(Next::End);
            }
            out.emit(self.line.trim_end());
        }
        Ok(Next::More)
    }
}

/// Counts the words of a file with `sentences` lines.
///
/// # Errors
/// When the topology fails or counts wrongly.
pub async fn of_file(path: &Path, sentences: usize, tasks: usize) -> Result<(), Failure> {
    let counted = Arc::new(Counted::default());
    let into = Arc::clone(&counted);
    let path: Arc<Path> = Arc::from(path);
    let mut topology = TopologyBuilder::new("words of a file");
    let read = move || FileLines { file: None, path: Arc::clone(&path), line: String::new() };
    let lines = topology.spout("lines", read);
    let split = topology.bolt("split", || Split).shuffle(&lines).parallelism(tasks);
    let count = topology.bolt("count", move || Count::into(&into));
    count.fields(&split, |word: &str| word).parallelism(tasks);
    finish(topology, sentences as u64, sentences, &counted).await
}

/// The same in one loop on one thread.
///
/// # Errors
/// When it cannot be read, or the loop counts wrongly.
pub fn of_file_loop(path: &Path, sentences: usize) -> Result<(), Failure> {
    let mut file = BufReader::new(File::open(path)?);
    let mut counts = Counts::<String>::default();
    let mut line = String::new();
    while file.read_line(&mut line)? > 0 {
        for word in line.trim_end().split(' ') {
            match counts.get_mut(word) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(word.to_owned(), 1);
                }
            }
        }
        line.clear();
    }
    check("words", words(sentences), counts.values().sum())?;
    Ok(())
}
