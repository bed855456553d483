//! What is acknowledged when, what comes again, and what there is room for.

use flowcore::base::LossKind;
use flowcore::process::window::Firing::{Late, OnTime};
use flowcore::process::window::{Counting, EventWindowBolt, EventWindows, LateReason};
use flowcore::process::{Problem, for_each};
use flowcore_testkit::{Flaky, Plan, Recorder, ScriptedSpout, run_until_idle, simulate};

use super::{Order, at, end_of, ms, order, orders, run, shown, tens, topology};
use crate::process::within_an_hour;

/// Runs windows whose results fail once downstream.
fn with_a_result_that_fails(windows: EventWindows) -> super::Outcome {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 1), order(2, 1, 2)])
        .wait(ms(100))
        .emit([order(3, 1, 15)])
        .wait(ms(1_000))
        .emit([order(4, 1, 16)])
        .wait(ms(1_000));
    let (results, late) = (Recorder::new(), Recorder::new());
    let counted_late = simulate(|clock| {
        let (results, late, script) = (results.clone(), late.clone(), script.clone());
        async move {
            let mut topology = topology(clock);
            let orders = orders(&mut topology, "orders", &script);
            let bolt = orders.key_by(|order| order.key).window("windows", windows).collect();
            let plan = Plan::fail_first(1);
            bolt.results().bolt("results", move || Flaky::new(results.bolt(), plan.clone()));
            bolt.late().bolt("late", move || late.bolt());
            end_of(topology.build().unwrap()).await.unwrap().snapshot.component("windows").late
        }
    });
    super::Outcome { results: results.items(), late: late.items(), acked: script.acked(), counted_late }
}

#[test]
fn tuples_of_a_result_that_fails_come_again_too_late_for_their_window() {
    let outcome = with_a_result_that_fails(EventWindows::of(tens()));
    assert_eq!(outcome.late(), [(1, LateReason::Late), (2, LateReason::Late)], "they are not lost");
    assert_eq!(outcome.shown(), [(10, 1, OnTime, vec![3, 4])]);
    assert_eq!(outcome.acked(), [1, 2, 3, 4]);
}

#[test]
fn tuples_of_a_result_that_fails_count_again_within_the_allowed_lateness() {
    let outcome = with_a_result_that_fails(EventWindows::of(tens()).allowed_lateness(ms(100)));
    assert_eq!(outcome.late(), []);
    assert_eq!(outcome.shown()[0], (0, 1, Late, vec![1, 1, 2]), "at least once");
    assert_eq!(outcome.acked(), [1, 2, 3, 4]);
}

#[test]
fn storm_8_4_12_a_result_answers_for_all_tuples_of_its_window_and_a_late_one_for_itself() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 1)])
        .wait(ms(100))
        .emit([order(2, 1, 25)])
        .wait(ms(100))
        .emit([order(3, 1, 1)])
        .wait(ms(100))
        .stay_open();
    simulate(|clock| async move {
        let mut topology = topology(clock.clone());
        let orders = orders(&mut topology, "orders", &script);
        let bolt = orders.key_by(|order| order.key).window("windows", tens()).count();
        bolt.results().for_each("results", |_| {});
        let plan = Plan::fail_first(1);
        bolt.late().bolt("late", move || Flaky::new(for_each(|_: &_| {}), plan.clone()));
        let running = topology.build().unwrap().start();
        clock.sleep(ms(50)).await;
        assert_eq!(script.acked(), []);
        clock.sleep(ms(100)).await;
        assert_eq!(script.acked(), [order(1, 1, 1)], "the watermark has closed its window");
        clock.sleep(ms(100)).await;
        assert_eq!(script.acked().len(), 1, "its late stream has failed it once");
        clock.sleep(ms(500)).await;
        assert_eq!(script.acked(), [order(1, 1, 1), order(3, 1, 1)]);
        running.handle().stop();
        within_an_hour(running.wait()).await.unwrap();
        assert_eq!(script.acked().len(), 3, "a window that is cut short gives what it holds");
    });
}

#[test]
fn windows_that_are_open_when_the_topology_is_stopped_are_cut_short() {
    let script = ScriptedSpout::new().emit([order(1, 1, 1)]).stay_open();
    let seen = Recorder::new();
    simulate(|clock| {
        let (script, seen) = (script.clone(), seen.clone());
        async move {
            let mut topology = topology(clock);
            let orders = orders(&mut topology, "orders", &script);
            let bolt = orders.key_by(|order| order.key).window("windows", tens()).collect().ignore_late();
            bolt.results().bolt("results", move || seen.bolt());
            let running = topology.build().unwrap().start();
            run_until_idle().await;
            running.handle().stop();
            within_an_hour(running.wait()).await.unwrap();
        }
    });
    let results = seen.items();
    assert_eq!(results.iter().map(shown).collect::<Vec<_>>(), [(0, 1, OnTime, vec![1])]);
    assert!(results[0].window.cut_short);
    assert_eq!(script.acked(), [order(1, 1, 1)]);
}

#[test]
fn storm_8_4_11_a_task_that_is_made_anew_gets_the_tuples_of_open_windows_again() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 1), order(2, 1, 2)])
        .wait(ms(100))
        .emit([order(3, 1, 3)])
        .wait(ms(1_000))
        .emit([order(4, 1, 20)])
        .wait(ms(100));
    let seen = Recorder::new();
    simulate(|clock| {
        let (script, seen) = (script.clone(), seen.clone());
        async move {
            let mut topology = topology(clock);
            let orders = orders(&mut topology, "orders", &script);
            // The third tuple finds a bolt that is broken: when it is looked at, and when it is executed.
            let broken = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(2));
            let factory = move || {
                let broken = std::sync::Arc::clone(&broken);
                let timestamp = move |order: &Order| {
                    let whole = || broken.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) > 2;
                    assert!(
                        order.id != 3 || broken.load(std::sync::atomic::Ordering::Relaxed) == 0 || whole()
                    );
                    at(order.at)
                };
                EventWindowBolt::new(
                    tens(),
                    timestamp,
                    |order: &Order| order.key,
                    flowcore::process::window::Collecting,
                )
            };
            let bolt = topology.bolt("windows", factory).fields(&orders, |order| &order.key);
            bolt.late().for_each("late", |late| panic!("{late:?}"));
            bolt.results().bolt("results", move || seen.bolt());
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    let shown: Vec<_> = seen.items().iter().map(shown).collect();
    assert_eq!(shown, [(0, 1, OnTime, vec![1, 2, 3]), (20, 1, OnTime, vec![4])]);
    assert_eq!(script.acked().len(), 4);
}

#[test]
fn a_tuple_that_finds_no_room_is_tried_again_when_a_window_has_closed() {
    let script = ScriptedSpout::new()
        .emit([order(1, 1, 1), order(2, 2, 2)])
        .wait(ms(100))
        .emit([order(3, 3, 11)])
        .wait(ms(1_000));
    let outcome = run(&script, EventWindows::of(tens()).max_entries(2));
    assert_eq!(outcome.late(), []);
    let mut shown = outcome.shown();
    shown.sort();
    let expected = [(0, 1, OnTime, vec![1]), (0, 2, OnTime, vec![2]), (10, 3, OnTime, vec![3])];
    assert_eq!(shown, expected);
    assert_eq!(outcome.acked(), [1, 2, 3]);
}

#[test]
fn a_window_that_holds_more_than_it_may_gives_up_what_finds_no_room_and_names_why() {
    let script = ScriptedSpout::new().emit((0..5).map(|id| order(id, 1, 1))).wait(ms(5_000));
    let dead = Recorder::new();
    let seen = Recorder::new();
    simulate(|clock| {
        let (script, seen, dead) = (script.clone(), seen.clone(), dead.clone());
        async move {
            let mut topology = topology(clock);
            let orders = orders(&mut topology, "orders", &script);
            orders.on_dead_letter(move |order: &Order, letter| {
                dead.push((order.id, letter.error.kind(), letter.error.chain()));
            });
            let windows = EventWindows::of(tens()).max_kept(3);
            let bolt = orders.key_by(|order| order.key).window("windows", windows).collect().ignore_late();
            bolt.results().bolt("results", move || seen.bolt());
            end_of(topology.build().unwrap()).await.unwrap();
        }
    });
    let shown: Vec<_> = seen.items().iter().map(shown).collect();
    assert_eq!(shown, [(0, 1, OnTime, vec![0, 1, 2])]);
    let dead = dead.items();
    assert_eq!(
        dead.iter().map(|(id, kind, _)| (*id, *kind)).collect::<Vec<_>>(),
        [(3, LossKind::Failed), (4, LossKind::Failed)]
    );
    assert!(dead[0].2.contains("its windows hold as much as they may"), "{}", dead[0].2);
}

#[test]
fn a_function_of_the_windows_that_panics_fails_its_tuple_alone_and_no_other_is_said_to_have_panicked() {
    for spoils_key in [true, false] {
        let script = ScriptedSpout::new().emit((0..200).map(|id| order(id, 1, 1))).wait(ms(5_000));
        let dead = Recorder::new();
        simulate(|clock| {
            let (script, dead) = (script.clone(), dead.clone());
            async move {
                let mut topology = topology(clock);
                let orders = orders(&mut topology, "orders", &script);
                orders
                    .on_dead_letter(move |order: &Order, letter| dead.push((order.id, letter.error.kind())));
                let key = move |order: &Order| {
                    assert!(!spoils_key || order.id != 70, "no key");
                    order.key
                };
                let time = move |order: &Order| {
                    assert!(spoils_key || order.id != 70, "no time");
                    at(order.at)
                };
                let windows = move || EventWindowBolt::new(EventWindows::of(tens()), time, key, Counting);
                let counts = topology.bolt("windows", windows).shuffle(&orders);
                counts.results().ignore();
                counts.late().ignore();
                end_of(topology.build().unwrap()).await.unwrap();
            }
        });
        let panicked = dead.items().into_iter().filter(|(_, kind)| *kind == LossKind::Panicked);
        assert_eq!(panicked.map(|(id, _)| id).collect::<Vec<_>>(), [70]);
    }
}

#[test]
fn storm_8_4_16_windows_without_event_time_or_without_timestamps_do_not_build() {
    simulate(|clock| async move {
        let script = ScriptedSpout::<Order>::new();
        let mut topology = topology(clock);
        let untimed = topology.spout("untimed", script.factory());
        let none = untimed.window("none", tens()).count().ignore_late();
        none.results().ignore();
        let timed = orders(&mut topology, "timed", &script).map("mapped", Order::clone);
        let unknown = timed.window("unknown", tens()).count().ignore_late();
        unknown.results().ignore();
        let error = topology.build().unwrap_err();
        assert_eq!(
            error.problems,
            [
                Problem::NoEventTime { component: "none".to_owned() },
                Problem::NoTimestamps { component: "unknown".to_owned(), stream: "mapped".to_owned() },
            ]
        );
    });
}
