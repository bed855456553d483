//! Faults of Storm's windows that ours do not have. Others are shown beside what they are about.

use std::time::Duration;

use flowcore::process::observe::Closes;
use flowcore::process::window::Firing::{Early, OnTime};
use flowcore::process::window::{Collect, EventWindows, LateReason, WindowBolt, WindowSpec, WindowSpecError};
use flowcore_testkit::{Recorder, START, ScriptedSpout, run_until_idle, simulate};

use super::{Order, at, end_of, ms, order, orders, run, tens, topology};
use crate::process::within_an_hour;

#[test]
fn storm_8_4_04_the_first_window_by_the_clock_is_as_long_as_the_others() {
    let script = ScriptedSpout::new().wait(ms(29_000)).emit([1]).wait(ms(2_000)).emit([2]).wait(ms(60_000));
    let seen = Recorder::new();
    simulate(|clock| {
        let seen = seen.clone();
        async move {
            let mut topology = topology(clock);
            let numbers = topology.spout("numbers", script.factory());
            let half_minutes = WindowSpec::tumbling(Duration::from_secs(30)).unwrap();
            let windows = move || WindowBolt::<u64, Collect<u64>>::aggregate(half_minutes);
            let windows = topology.bolt("windows", windows).shuffle(&numbers);
            topology.bolt("record", move || seen.bolt()).shuffle(&windows);
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    let given = seen.items().into_iter().map(|result| {
        let window = result.window;
        (window.start.since(START), window.end.since(window.start), result.contents.into_vec())
    });
    let long = ms(30_000);
    assert_eq!(given.collect::<Vec<_>>(), [(ms(0), long, vec![1]), (long, long, vec![2])]);
}

#[test]
fn storm_8_4_05_what_has_left_a_window_in_silence_is_in_no_later_one() {
    let script =
        ScriptedSpout::new().emit([order(1, 1, 0)]).wait(ms(100)).emit([order(2, 1, 500)]).wait(ms(100));
    let sliding = WindowSpec::sliding(ms(20), ms(10)).unwrap();
    let expected = [
        (-10, 1, OnTime, vec![1]),
        (0, 1, OnTime, vec![1]),
        (490, 1, OnTime, vec![2]),
        (500, 1, OnTime, vec![2]),
    ];
    assert_eq!(run(&script, sliding).shown(), expected);
}

#[test]
fn storm_8_4_06_new_is_what_was_never_shown() {
    let script =
        ScriptedSpout::new().emit([order(1, 1, 0)]).wait(ms(100)).emit([order(2, 1, 0)]).wait(ms(100));
    let windows = EventWindows::of(tens()).early_every(ms(10)).discarding().unwrap();
    let shown = run(&script, windows).shown();
    // Many times nothing came in between.
    assert_eq!(shown[..2], [(0, 1, Early, vec![1]), (0, 1, Early, vec![2])]);
}

/// What count windows of two hold, and the order of the tuples that made them.
fn pairs(script: &ScriptedSpout<Order>) -> Vec<Vec<u64>> {
    let outcome = run(script, WindowSpec::tumbling_count(2).unwrap());
    assert_eq!(outcome.late(), []);
    outcome.results.iter().map(|result| result.contents.iter().map(|order| order.id).collect()).collect()
}

#[test]
fn storm_8_4_07_tuples_with_one_timestamp_are_all_counted_whatever_the_watermark_does() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 5)])
        .wait(ms(100))
        .emit([order(2, 1, 5)])
        .wait(ms(100))
        .emit([order(3, 1, 5), order(4, 1, 6)])
        .wait(ms(100));
    assert_eq!(pairs(&script), [[1, 2], [3, 4]]);
}

#[test]
fn storm_8_4_08_count_windows_go_by_timestamp_and_not_by_arrival() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 9), order(2, 1, 1), order(3, 1, 8), order(4, 1, 2)])
        .wait(ms(100));
    assert_eq!(pairs(&script), [[2, 4], [3, 1]]);
}

#[test]
fn storm_8_4_09_a_window_has_its_tuples_though_much_later_ones_came_before_them() {
    let script =
        ScriptedSpout::new().emit([order(1, 1, 1), order(2, 1, 5_000), order(3, 1, 2)]).wait(ms(100));
    let shown = run(&script, tens()).shown();
    assert_eq!(shown, [(0, 1, OnTime, vec![1, 3]), (5_000, 1, OnTime, vec![2])]);
}

#[test]
fn storm_8_4_10_a_window_may_hold_more_than_may_be_under_way() {
    let script = ScriptedSpout::new().emit((0..100).map(|id| order(id, 1, 1)));
    let seen = Recorder::new();
    simulate(|clock| {
        let (script, seen) = (script.clone(), seen.clone());
        async move {
            let mut topology = topology(clock).max_pending(5);
            let orders = orders(&mut topology, "orders", &script);
            let bolt = orders.key_by(|order| order.key).window("windows", tens()).count().ignore_late();
            bolt.results().bolt("record", move || seen.bolt());
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    assert_eq!(seen.items().iter().map(|result| result.contents).collect::<Vec<_>>(), [100]);
    assert_eq!(script.acked().len(), 100);
}

#[test]
fn storm_8_4_13_late_tuples_have_a_stream_of_their_own_are_counted_and_can_be_written_down() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 1)])
        .wait(ms(100))
        .emit([order(2, 1, 30)])
        .wait(ms(100))
        .emit([order(3, 1, 1)])
        .wait(ms(100));
    let outcome = run(&script, tens());
    assert_eq!(outcome.late(), [(3, LateReason::Late)]);
    assert_eq!(outcome.acked(), [1, 2, 3]);
    assert_eq!(outcome.counted_late, 1);
    let late = outcome.late.into_iter().next().unwrap();
    let late = flowcore::process::window::Late {
        tuple: late.tuple.id,
        timestamp: at(1),
        watermark: late.watermark,
        reason: late.reason,
    };
    let written = serde_json::to_string(&late).unwrap();
    assert_eq!(serde_json::from_str::<flowcore::process::window::Late<u64>>(&written).unwrap(), late);
}

#[test]
fn storm_8_4_14_windows_belong_to_a_key_and_can_be_shifted() {
    let script =
        ScriptedSpout::new().emit([order(1, 1, 2), order(2, 2, 4), order(3, 1, 12), order(4, 1, 13)]);
    let shifted = tens().offset(ms(3)).unwrap();
    let mut shown = run(&script, shifted).shown();
    shown.sort();
    let expected = [
        (-7, 1, OnTime, vec![1]),
        (3, 1, OnTime, vec![3]),
        (3, 2, OnTime, vec![2]),
        (13, 1, OnTime, vec![4]),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn storm_8_4_15_an_open_window_says_what_it_holds_and_what_closes_it() {
    let script = ScriptedSpout::new().emit([order(1, 1, 1), order(2, 2, 3), order(3, 2, 4)]).stay_open();
    simulate(|clock| async move {
        let mut topology = topology(clock);
        let orders = orders(&mut topology, "orders", &script);
        let bolt = orders.key_by(|order| order.key).window("windows", tens()).count().ignore_late();
        bolt.results().ignore();
        let running = topology.build().unwrap().start();
        run_until_idle().await;
        let handle = running.handle();
        let explanation = handle.explain().await;
        let [open] = &explanation.windows[..] else { panic!("{explanation}") };
        assert_eq!((&*open.component, open.task), ("windows", 0));
        assert_eq!((open.window.tuples, open.window.keys), (3, Some(2)));
        assert_eq!(open.window.closes, Closes::Watermark(at(10)));
        assert_eq!(open.window.opened, Some(START));
        handle.stop();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn storm_8_4_16_windows_that_overlap_cannot_discard_what_they_have_shown() {
    let sliding = EventWindows::of(WindowSpec::sliding(ms(20), ms(10)).unwrap());
    let error = sliding.discarding().unwrap_err();
    assert_eq!(error, WindowSpecError::DiscardingOverlaps { size: 20, slide: 10 });
    assert_eq!(
        error.to_string(),
        "windows of 20 ms that slide by 10 ms overlap: they cannot discard what they have shown"
    );
}
