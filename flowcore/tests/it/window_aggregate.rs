//! The ready aggregates.

use flowcore::process::window::{Aggregate, Collect, Count, CountByKey, Pane};

fn counts(keys: &[&str]) -> CountByKey<String> {
    let mut counts = CountByKey::default();
    for key in keys {
        counts.add(*key);
    }
    counts
}

fn sorted(counts: CountByKey<String>) -> Vec<(String, u64)> {
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort();
    all
}

fn expected() -> Vec<(String, u64)> {
    [("americano", 1), ("latte", 3), ("mocha", 2)].map(|(key, count)| (key.to_owned(), count)).into()
}

#[test]
fn merging_counts_adds_them_key_by_key_and_leaves_the_other_as_it_was() {
    let mut sum = counts(&["latte", "latte", "mocha"]);
    let later = counts(&["mocha", "latte", "americano"]);
    sum.merge(&later);
    assert_eq!(sorted(sum), expected());
    assert_eq!((later.len(), later.get("latte")), (3, 1));
}

#[test]
fn absorbing_counts_gives_the_same_whichever_is_larger() {
    let (small, large) = (["latte"], ["latte", "latte", "mocha", "mocha", "americano"]);
    for (first, second) in [(&small[..], &large[..]), (&large[..], &small[..])] {
        let mut sum = counts(first);
        sum.absorb(counts(second));
        assert_eq!(sorted(sum), expected());
    }
}

#[test]
fn a_count_adds_up() {
    let (mut one, mut two) = (Count::default(), Count::default());
    one.add("a");
    two.add("b");
    two.add("c");
    one.merge(&two);
    assert_eq!((one.get(), two.get()), (3, 2));
}

#[test]
fn collected_tuples_keep_their_order() {
    let (mut one, mut two) = (Collect::<String>::default(), Collect::default());
    one.add("a");
    two.add("b");
    one.merge(&two);
    one.absorb(two);
    assert_eq!(one.as_slice(), ["a", "b", "b"]);
}
