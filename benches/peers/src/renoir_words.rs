//! Word count in renoir, with a fold by key.

use renoir::prelude::*;

use crate::{DISTINCT, Outcome, SENTENCES, WORKERS};

pub fn run(sentences: u64) -> Outcome {
    let config = RuntimeConfig::local(WORKERS as u64).map_err(|error| error.to_string())?;
    let context = StreamContext::new(config);
    let counts = context
        .stream_par_iter(move |id: u64, instances: u64| {
            (0..sentences / instances).map(move |at| SENTENCES[((at + id) % 5) as usize].to_string())
        })
        .flat_map(|line: String| line.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .group_by(|word: &String| word.clone())
        .fold(0u64, |count, _| *count += 1)
        .collect_vec();
    context.execute_blocking();
    let counts = counts.get().ok_or("renoir gave no result")?;
    if counts.len() != DISTINCT {
        return Err(format!("{} distinct words instead of {DISTINCT}", counts.len()));
    }
    Ok(counts.iter().map(|(_, count)| count).sum())
}
