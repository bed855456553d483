//! The table that people read.

use super::comparison::{Comparison, Ratio};

const HEAD: [&str; 8] = ["subject", "unit", "ours", "peer", "theirs", "min", "median", "max"];
/// The columns that hold text.
const LEFT: [usize; 3] = [0, 1, 3];

/// One line for each comparison, columns aligned, and a word on what the ratio is.
pub(crate) fn table(comparisons: &[Comparison]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(comparisons.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(pad).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text.push_str("ratio: ours divided by theirs, in each round");
    if comparisons.iter().any(|comparison| comparison.less_is_better) {
        text.push_str("; where the unit has a `<`, less is better");
    }
    text.push('\n');
    text
}

fn pad((column, (cell, &width)): (usize, (&String, &usize))) -> String {
    if LEFT.contains(&column) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
}

fn row(comparison: &Comparison) -> [String; 8] {
    let mark = if comparison.less_is_better { "< " } else { "" };
    let of_ratio = |part: fn(Ratio) -> f64| {
        comparison.ratio().map_or_else(String::new, |ratio| format!("{:.2}", part(ratio)))
    };
    [
        comparison.subject.clone(),
        format!("{mark}{}", comparison.unit),
        comparison.median_of_ours().map_or_else(String::new, short),
        comparison.peer.unwrap_or("").to_owned(),
        comparison.median_of_theirs().map_or_else(String::new, short),
        of_ratio(|ratio| ratio.min),
        of_ratio(|ratio| ratio.median),
        of_ratio(|ratio| ratio.max),
    ]
}

/// Three digits and what they count in.
fn short(value: f64) -> String {
    let (value, unit) = match value {
        1e9.. => (value / 1e9, " G"),
        1e6.. => (value / 1e6, " M"),
        1e3.. => (value / 1e3, " k"),
        _ => (value, ""),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::super::comparison::tests::comparison;
    use super::*;

    #[test]
    fn columns_are_aligned_and_numbers_short() {
        let mut alone = comparison(&[12.34], &[]);
        alone.unit = "MiB".to_owned();
        alone.subject = "idle".to_owned();
        alone.less_is_better = true;
        let text = table(&[comparison(&[78.0e6, 80.0e6], &[40.0e6, 40.0e6]), alone]);
        let expected = "\
subject     unit       ours  peer    theirs   min  median   max
word-count  words/s  79.0 M  timely  40.0 M  1.95    1.98  2.00
idle        < MiB      12.3
ratio: ours divided by theirs, in each round; where the unit has a `<`, less is better
";
        assert_eq!(text, expected);
    }

    #[test]
    fn numbers_have_three_digits() {
        let found: Vec<_> = [0.5, 12.34, 999.0, 1500.0, 78.25e6, 1.85e9].map(short).into();
        assert_eq!(found, ["0.50", "12.3", "999", "1.50 k", "78.2 M", "1.85 G"]);
    }
}
