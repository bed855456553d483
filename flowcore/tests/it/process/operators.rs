//! Operators on stream handles.

use std::time::Duration;

use flowcore::process::window::WindowSpec;
use flowcore::process::{Problem, Stream};
use flowcore_testkit::{Recorder, ScriptedSpout, simulate};

use super::{end_of, topology};

/// What comes out of `build` for the tuples of one batch.
fn outcome<T, M>(tuples: Vec<T>, build: impl FnOnce(&Stream<T>) -> Stream<M>) -> Vec<M>
where
    T: Clone + Send + Sync + 'static,
    M: Clone + Send + Sync + 'static,
{
    let seen = Recorder::new();
    simulate(|clock| {
        let seen = seen.clone();
        async move {
            let script = ScriptedSpout::new().emit(tuples.clone());
            let mut topology = topology(clock);
            let source = topology.spout("source", script.factory());
            build(&source).bolt("record", move || seen.bolt());
            end_of(topology.build().unwrap()).await.unwrap();
            assert_eq!(script.acked().len(), tuples.len());
        }
    });
    seen.items()
}

#[test]
fn map_filter_flat_map_and_inspect_do_what_their_closures_say() {
    let shown = Recorder::new();
    let show = shown.clone();
    let seen = outcome(vec![1, 2, 3, 4], |numbers| {
        let even = numbers.filter("even", |n| n % 2 == 0);
        let twice = even.flat_map("twice", |n: &i32| [*n, *n]);
        let shown = twice.inspect("show", move |n| show.push(*n));
        (*shown.map("text", |n: &i32| n.to_string())).clone()
    });
    assert_eq!(seen, ["2", "2", "4", "4"]);
    assert_eq!(shown.items(), [2, 2, 4, 4]);
}

#[test]
fn branch_sends_each_tuple_one_way_and_merge_brings_all_together() {
    let mut seen = outcome((0..10).collect(), |numbers| {
        let (small, large) = numbers.branch("split", |n| *n < 3).both();
        let small = small.map("negative", |n: &i32| -n);
        (*small.merge("all", &[&large])).clone()
    });
    seen.sort_unstable();
    assert_eq!(seen, [-2, -1, 0, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn key_by_counts_folds_and_reduces_each_key_alone() {
    let words = || vec!["a", "b", "a", "a"];
    let counts = outcome(words(), |words| (*words.key_by(|word| *word).count("count")).clone());
    assert_eq!(counts, [("a", 1), ("b", 1), ("a", 2), ("a", 3)]);
    let joined = outcome(words(), |words| {
        let fold = words.key_by(|word| *word).fold("join", String::new, |all, word| all.push_str(word));
        (*fold).clone()
    });
    assert_eq!(joined.last(), Some(&("a", "aaa".to_owned())));
    let largest = outcome(vec![3, 9, 4], |numbers| {
        (*numbers.key_by(|n| n % 2).reduce("largest", |a, b| *a.max(b))).clone()
    });
    assert_eq!(largest, [(1, 3), (1, 9), (0, 4)]);
}

#[test]
fn a_key_beyond_the_limit_is_a_dead_letter() {
    simulate(|clock| async move {
        let script = ScriptedSpout::new().emit(0..5_u64);
        let dead = Recorder::new();
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", script.factory());
        let bury = dead.clone();
        numbers.on_dead_letter(move |number: &u64, letter| bury.push((*number, letter.error.chain())));
        numbers.key_by(|n| *n).max_keys(3).count("count").ignore();
        end_of(topology.build().unwrap()).await.unwrap();
        let dead = dead.items();
        assert_eq!(dead.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(dead[0].1, "rejected for good in count: it has a new key, and 3 are held already");
    });
}

#[test]
fn a_keyed_window_counts_by_key_and_closes_by_its_timer() {
    let seen = Recorder::new();
    simulate(|clock| {
        let seen = seen.clone();
        async move {
            let minute = Duration::from_mins(1);
            let script = ScriptedSpout::new().emit(["a", "a", "b"]).wait(minute).emit(["a"]).wait(minute);
            let mut topology = topology(clock);
            let words = topology.spout("words", script.factory());
            let spec = WindowSpec::tumbling(Duration::from_secs(30)).unwrap();
            let counts = words.key_by(|word| *word).processing_time_window("count", spec);
            let record = seen.clone();
            counts.map("pair", |count| (count.key, count.count)).bolt("record", move || record.bolt());
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    let mut first = seen.items();
    let last = first.split_off(2);
    first.sort_unstable();
    assert_eq!((first, last), (vec![("a", 2), ("b", 1)], vec![("a", 1)]));
}

#[test]
fn operators_with_the_same_name_are_a_problem_of_the_build() {
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let numbers = topology.spout("numbers", ScriptedSpout::<u64>::new().factory());
        numbers.map("same", |n| n + 1).ignore();
        numbers.map("same", |n| n + 2).ignore();
        let error = topology.build().unwrap_err();
        assert_eq!(error.problems, [Problem::DuplicateName { component: "same".to_owned() }]);
    });
}
