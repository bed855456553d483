/// The word of `known` that `word` was probably meant to be: the same without regard to case, or a few
/// letters away.
///
/// ```
/// use flowcore_agent::diagnostic::nearest;
/// assert_eq!(nearest("bachSize", ["batchSize", "batchTimeout"]), Some("batchSize"));
/// assert_eq!(nearest("zebra", ["batchSize", "batchTimeout"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Nobody mistypes a longer word than this into something known.
    const LONGEST: usize = 64;
    /// So many known words are looked at.
    const MOST: usize = 1_000;
    let word: Vec<char> = word.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let most = (word.len() / 3).max(1);
    let distances = known.into_iter().take(MOST).filter_map(|candidate| {
        let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).take(LONGEST + 1).collect();
        let distance = distance(&word, &letters);
        (distance <= most && distance < letters.len()).then_some((distance, candidate))
    });
    distances.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Insertions, deletions, changes and swaps of neighbours that turn `from` into `to`.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let change = last[j] + usize::from(a != b);
            let mut best = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_letters_and_another_case_are_near() {
        assert_eq!(nearest("source", ["sinks", "sources", "channels"]), Some("sources"));
        assert_eq!(nearest("SPOOLDIR", ["spooldir"]), Some("spooldir"));
        assert_eq!(nearest("memroy", ["memory", "file"]), Some("memory"));
        assert_eq!(nearest("xy", ["ab"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(nearest(&"x".repeat(100_000), ["a"]), None);
    }
}
