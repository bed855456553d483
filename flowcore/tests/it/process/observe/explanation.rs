//! How an explanation reads.

use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::observe::{
    Closes, ExplainedWindow, Explanation, HeldBack, HeldBackReason, OpenWindow, OpenWindows, Unanswered,
    WhyUnanswered,
};
use flowcore_testkit::Random;

use crate::seeds::Seed;

/// 2014-09-28T12:00:00Z, so many seconds later.
fn noon(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_411_905_600_000 + seconds * 1000)
}

fn explained(window: OpenWindow) -> ExplainedWindow {
    let (component, held_back_by) = ("stats".into(), Vec::new());
    ExplainedWindow { component, task: 1, window, watermark: None, held_back_by, overdue: false }
}

fn explanation(windows: Vec<ExplainedWindow>) -> Explanation {
    Explanation { topology: "shop".into(), at: noon(300), windows, left_out: 0, unanswered: Vec::new() }
}

fn behind() -> HeldBack {
    HeldBack {
        component: "orders".into(),
        task: 0,
        partition: Some("3".to_owned()),
        watermark: Some(noon(58)),
        since: noon(177),
        reason: HeldBackReason::Behind,
        idle_at: Some(noon(312)),
    }
}

#[test]
fn an_open_window_says_what_it_holds_and_who_holds_it_back_since_when_and_for_how_long_still() {
    let window = OpenWindow::in_event_time(noon(0), noon(60)).tuples(10).keys(3, ["a", "b"]).opened(noon(2));
    let mut window = ExplainedWindow { watermark: Some(noon(58)), overdue: true, ..explained(window) };
    let retries = HeldBack { reason: HeldBackReason::UnderWay, idle_at: None, partition: None, ..behind() };
    window.held_back_by = vec![behind(), retries];
    let expected = "\
shop at 2014-09-28T12:05:00.000Z: 1 window is open
stats, task 1: window from 2014-09-28T12:00:00.000Z to 2014-09-28T12:01:00.000Z: \
10 tuples of 3 keys (a, b, …), the first at 2014-09-28T12:00:02.000Z
  overdue: it closes when the watermark, at 2014-09-28T12:00:58.000Z, is at 2014-09-28T12:01:00.000Z: \
2 s are missing
  held back by orders, task 0, partition 3: its watermark has stood at 2014-09-28T12:00:58.000Z for \
2 min 3 s; unless one comes, it counts as idle in 12 s
  held back by orders, task 0: older tuples are under way or wait to be sent again, for 2 min 3 s; \
they have to be done or given up";
    assert_eq!(explanation(vec![window]).to_string(), expected);
}

#[test]
fn what_closes_a_window_is_said_in_its_own_terms() {
    let in_clock_time = OpenWindow::in_clock_time(noon(270), noon(330));
    let in_event_time = OpenWindow::in_event_time(noon(0), noon(60));
    let late = in_event_time.clone().fired().closes(Closes::Watermark(noon(90)));
    for (window, watermark, says) in [
        (in_clock_time.clone(), None, "the clock closes it at 2014-09-28T12:05:30.000Z, in 30 s"),
        (
            in_clock_time.closes(Closes::Clock(noon(290))),
            None,
            "it was due at 2014-09-28T12:04:50.000Z, 10 s ago",
        ),
        (OpenWindow::of_tuples(0, 10, 9), None, "one more tuple closes it"),
        (OpenWindow::of_tuples(0, 10, 3), None, "7 more tuples close it"),
        (in_event_time.clone(), None, "there is no watermark yet"),
        (in_event_time, Some(noon(60)), "it is about to close"),
        (late, Some(noon(60)), "30 s are missing"),
    ] {
        let text = ExplainedWindow { watermark, ..explained(window) };
        let text = explanation(vec![text]).to_string();
        assert!(text.contains(says), "{says} is not in\n{text}");
    }
}

#[test]
fn somebody_that_never_counts_as_idle_is_told_what_has_to_happen() {
    let never = HeldBack { idle_at: None, ..behind() };
    assert!(never.to_string().ends_with("it never counts as idle: a later tuple has to come, or its end"));
    let silent = HeldBack { reason: HeldBackReason::NothingYet, watermark: None, ..behind() };
    assert!(silent.to_string().starts_with("orders, task 0, partition 3: no tuple has come yet"));
}

#[test]
fn an_explanation_without_windows_says_so_and_names_who_did_not_answer() {
    let mut none = explanation(Vec::new());
    assert_eq!(none.to_string(), "shop at 2014-09-28T12:05:00.000Z: no window is open");
    let why = WhyUnanswered::Busy { time: Duration::from_secs(200) };
    none.unanswered.push(Unanswered { component: "stats".into(), task: 0, why });
    none.left_out = 2;
    let lines: Vec<_> = none.to_string().lines().map(str::to_owned).collect();
    assert_eq!(
        lines[1..],
        ["2 more are not listed", "stats, task 0: no answer; it has been busy for 3 min 20 s"]
    );
}

#[test]
fn an_explanation_comes_through_json_as_it_was() {
    let window = OpenWindow::of_tuples(0, 10, 9).tuples(9).keys(1, [7]);
    let mut explanation =
        explanation(vec![ExplainedWindow { held_back_by: vec![behind()], ..explained(window) }]);
    let why = WhyUnanswered::Panicked { message: "oh".to_owned() };
    explanation.unanswered.push(Unanswered { component: "stats".into(), task: 0, why });
    let json = serde_json::to_string(&explanation).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), explanation);
}

#[test]
fn of_many_windows_those_that_close_first_are_named_and_the_others_counted() {
    for seed in 0..200 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let most = random.index(6);
        let mut windows = OpenWindows::at_most(most);
        let mut ends: Vec<i64> =
            (0..random.index(12)).map(|_| i64::try_from(random.below(9)).unwrap()).collect();
        for &end in &ends {
            windows.add(OpenWindow::in_event_time(noon(end - 1), noon(end)));
        }
        ends.sort_unstable();
        let (named, left): (Vec<_>, _) =
            (windows.iter().map(|window| window.closes).collect(), windows.left_out());
        let expected: Vec<_> = ends.iter().take(most).map(|&end| Closes::Watermark(noon(end))).collect();
        assert_eq!((named, left), (expected, ends.len().saturating_sub(most) as u64));
    }
}
