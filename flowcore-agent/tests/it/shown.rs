//! Every key of Flume's tables that this build follows has a test of what it does: which one is said in the
//! tables beside the tests.

use std::collections::BTreeSet;

use crate::{interceptors, local, routing};

const LIST: &str = include_str!("flume_keys.txt");

/// `kind type key` of everything that is shown.
fn shown() -> BTreeSet<String> {
    let of_interceptors = interceptors::ROWS.iter().map(|row| format!("interceptor {}", row.0));
    let of_selectors = routing::SELECTOR_KEYS.iter().map(|keys| format!("selector {keys}"));
    let of_processors = routing::PROCESSOR_KEYS.iter().map(|keys| format!("processor {keys}"));
    let of_local = local::SHOWN.iter().map(|(keys, _)| (*keys).to_owned());
    let all = of_interceptors.chain(of_selectors).chain(of_processors).chain(of_local);
    all.flat_map(|text| {
        let words: Vec<&str> = text.split(' ').collect();
        let keys = words.iter().skip(2).map(|key| format!("{} {} {key}", words[0], words[1]));
        keys.collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn every_key_of_a_part_or_a_local_component_has_a_test_of_what_it_does() {
    let local = ["exec", "seq", "stress", "null", "logger", "file_roll"];
    let rows =
        LIST.lines().filter(|row| !row.starts_with('#')).map(|row| row.split('\t').collect::<Vec<_>>());
    let ours = rows
        .filter(|row| matches!(row[0], "selector" | "processor" | "interceptor") || local.contains(&row[1]));
    let keys: BTreeSet<String> = ours.map(|row| format!("{} {} {}", row[0], row[1], row[2])).collect();
    assert!(keys.len() > 50, "{} keys", keys.len());
    let shown = shown();
    let missing: Vec<&String> = keys.iter().filter(|key| !shown.contains(*key)).collect();
    assert!(missing.is_empty(), "no test shows what these do: {missing:#?}");
}

#[test]
fn the_tests_that_are_named_are_there() {
    let text = include_str!("local.rs");
    for (keys, test) in local::SHOWN {
        assert!(text.contains(&format!("fn {test}()")), "{keys}: {test}");
    }
}
