//! Word count: sentences are split, words go by fields grouping to their counter; acknowledged. Once with packed
//! text, once with a `String` a word. Beside them fused loops that allocate nothing.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flowcore::base::{TaskSet, blocking};
use flowcore::process::{Bolt, BoltError, Emitter, Next, NoOutput, Spout, SpoutError, TopologyBuilder};

use crate::{Failure, check};

/// The sentences.
pub const SENTENCES: [&str; 5] = [
    "the cow jumped over the moon",
    "an apple a day keeps the doctor away",
    "four score and seven years ago",
    "snow white and the seven dwarfs",
    "i am at two with nature",
];

/// The distinct words in them.
const DISTINCT: u64 = 27;
/// Sentences that are emitted in one call.
const BATCH: usize = 256;

/// The maps of users and peers: who is fast takes a fast hash.
pub(crate) type Counts<K> = HashMap<K, u64, foldhash::fast::FixedState>;

/// Tasks of each component.
#[derive(Debug, Clone, Copy)]
pub struct Tasks {
    /// That emit sentences.
    pub lines: usize,
    /// That split them.
    pub split: usize,
    /// That count words.
    pub count: usize,
}

impl Tasks {
    /// The same number of each.
    pub fn each(tasks: usize) -> Self {
        Self { lines: tasks, split: tasks, count: tasks }
    }
}

/// How many words so many sentences have.
pub fn words(sentences: usize) -> u64 {
    let count = |at: usize| SENTENCES[at % SENTENCES.len()].split(' ').count() as u64;
    let round: u64 = (0..SENTENCES.len()).map(count).sum();
    (sentences / SENTENCES.len()) as u64 * round + (0..sentences % SENTENCES.len()).map(count).sum::<u64>()
}

struct Lines {
    at: usize,
    end: usize,
}

impl Lines {
    fn advance(&mut self) -> (impl Iterator<Item = &'static str> + use<>, Next) {
        let start = self.at;
        self.at = (start + BATCH).min(self.end);
        let lines = (start..self.at).map(|at| SENTENCES[at % SENTENCES.len()]);
        (lines, if self.at == self.end { Next::End } else { Next::More })
    }
}

impl Spout for Lines {
    type Out = Emitter<str>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let (lines, next) = self.advance();
        lines.for_each(|line| out.emit(line));
        Ok(next)
    }
}

struct OwnedLines(Lines);

impl Spout for OwnedLines {
    type Out = Emitter<String>;

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let (lines, next) = self.0.advance();
        lines.for_each(|line| out.emit(line.to_owned()));
        Ok(next)
    }
}

pub(crate) struct Split;

impl Bolt<str> for Split {
    type Out = Emitter<str>;

    async fn execute(&mut self, line: &str, out: &mut Self::Out) -> Result<(), BoltError> {
        for word in line.split_ascii_whitespace() {
            out.emit(word);
        }
        Ok(())
    }
}

struct SplitOwned;

impl Bolt<String> for SplitOwned {
    type Out = Emitter<String>;

    async fn execute(&mut self, line: &String, out: &mut Self::Out) -> Result<(), BoltError> {
        for word in line.split_ascii_whitespace() {
            out.emit(word.to_owned());
        }
        Ok(())
    }
}

/// What all counting tasks have counted when they have ended.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    words: AtomicU64,
    distinct: AtomicU64,
}

pub(crate) struct Count {
    counts: Counts<String>,
    counted: Arc<Counted>,
}

impl Count {
    pub(crate) fn into(counted: &Arc<Counted>) -> Self {
        Self { counts: Counts::default(), counted: Arc::clone(counted) }
    }

    fn add(&mut self, word: &str) {
        if let Some(count) = self.counts.get_mut(word) {
            *count += 1;
        } else {
            self.counts.insert(word.to_owned(), 1);
        }
    }

    fn end(&mut self) {
        self.counted.words.fetch_add(self.counts.values().sum(), Ordering::Relaxed);
        self.counted.distinct.fetch_add(self.counts.len() as u64, Ordering::Relaxed);
    }
}

impl Bolt<str> for Count {
    type Out = NoOutput;

    async fn execute(&mut self, word: &str, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.add(word);
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.end();
        Ok(())
    }
}

impl Bolt<String> for Count {
    type Out = NoOutput;

    async fn execute(&mut self, word: &String, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.add(word);
        Ok(())
    }

    async fn cleanup(&mut self, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.end();
        Ok(())
    }
}

/// Counts the words of `sentences` sentences, packed.
///
/// # Errors
/// When the topology fails or counts wrongly.
pub async fn packed(sentences: usize, tasks: Tasks) -> Result<(), Failure> {
    let counted = Arc::new(Counted::default());
    let into = Arc::clone(&counted);
    let end = sentences / tasks.lines;
    let mut topology = TopologyBuilder::new("words");
    let lines = topology.spout("lines", move || Lines { at: 0, end }).parallelism(tasks.lines);
    let words = topology.bolt("split", || Split).shuffle(&lines).parallelism(tasks.split);
    let count = topology.bolt("count", move || Count::into(&into));
    count.fields(&words, |word: &str| word).parallelism(tasks.count);
    finish(topology, sentences as u64, sentences, &counted).await
}

/// Counts the words of `sentences` sentences, a `String` each.
///
/// # Errors
/// When the topology fails or counts wrongly.
pub async fn owned(sentences: usize, tasks: Tasks) -> Result<(), Failure> {
    let counted = Arc::new(Counted::default());
    let into = Arc::clone(&counted);
    let end = sentences / tasks.lines;
    let mut topology = TopologyBuilder::new("words");
    let lines = topology.spout("lines", move || OwnedLines(Lines { at: 0, end })).parallelism(tasks.lines);
    let words = topology.bolt("split", || SplitOwned).shuffle(&lines).parallelism(tasks.split);
    let count = topology.bolt("count", move || Count::into(&into));
    count.fields(&words, |word: &String| word).parallelism(tasks.count);
    finish(topology, sentences as u64, sentences, &counted).await
}

/// Runs it: `acked` tuples of its spout must be acknowledged, the words of `sentences` sentences counted.
pub(crate) async fn finish(
    topology: TopologyBuilder,
    acked: u64,
    sentences: usize,
    counted: &Counted,
) -> Result<(), Failure> {
    let report = topology.build()?.run().await?;
    check("acknowledged lines", acked, report.snapshot.component("lines").acked)?;
    check("words", words(sentences), counted.words.load(Ordering::Relaxed))?;
    check("distinct words", DISTINCT, counted.distinct.load(Ordering::Relaxed))?;
    Ok(())
}

/// Where a loop splits its sentences.
#[derive(Debug, Clone, Copy)]
pub enum Separator {
    /// At white space of any kind, as the topology's bolt does: a look at each byte.
    Whitespace,
    /// At spaces, with the standard library's search for a character.
    Space,
}

/// One loop that splits and counts, on each of `threads` threads.
///
/// # Errors
/// When it counts wrongly.
pub async fn fused(sentences: usize, threads: usize, separator: Separator) -> Result<(), Failure> {
    let own = sentences / threads;
    let mut set = TaskSet::new();
    for _ in 0..threads {
        set.spawn(
            "loop",
            blocking(move || match separator {
                Separator::Whitespace => count_all(own, str::split_ascii_whitespace),
                Separator::Space => count_all(own, |line| line.split(' ')),
            }),
        );
    }
    let mut counted = 0;
    while let Some((_, end)) = set.next().await {
        if let flowcore::base::TaskEnd::Done(Ok(words)) = end {
            counted += words;
        }
    }
    check("words", words(sentences), counted)?;
    Ok(())
}

fn count_all<I: Iterator<Item = &'static str>>(sentences: usize, split: impl Fn(&'static str) -> I) -> u64 {
    let mut counts = Counts::default();
    for line in 0..sentences {
        for word in split(black_box(SENTENCES[line % SENTENCES.len()])) {
            *counts.entry(word).or_insert(0u64) += 1;
        }
    }
    counts.values().sum()
}
