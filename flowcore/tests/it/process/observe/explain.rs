//! Asking a running topology why its windows are open.

use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore::process::observe::{Closes, OpenWindow, OpenWindows, WhyUnanswered, WindowBounds};
use flowcore::process::window::{Count, WindowBolt, WindowSpec};
use flowcore::process::{Bolt, BoltError, NoOutput, RunningTopology, TopologyHandle, for_each};
use flowcore_testkit::{ScriptedSpout, Slow, run_until_idle, simulate};

use crate::process::{topology, within_an_hour};

/// One number, and another one an hour later, for a bolt of `tasks` tasks.
fn running<B: Bolt<u64, Out = NoOutput>>(
    clock: Clock,
    tasks: usize,
    factory: impl Fn() -> B + Send + Sync + 'static,
) -> (RunningTopology, TopologyHandle) {
    let script = ScriptedSpout::new().emit([1]).wait(Duration::from_hours(1)).emit([2]).stay_open();
    let mut topology = topology(clock);
    let numbers = topology.spout("numbers", script.factory());
    topology.bolt("bolt", factory).shuffle(&numbers).parallelism(tasks);
    let running = topology.build().unwrap().start();
    let handle = running.handle();
    (running, handle)
}

async fn stop(running: RunningTopology, handle: TopologyHandle) {
    handle.abort();
    within_an_hour(running.wait()).await.unwrap();
}

#[test]
fn an_open_window_is_explained_by_the_task_that_keeps_it_though_nothing_arrives() {
    simulate(|clock| async move {
        let hours = WindowSpec::tumbling(Duration::from_hours(1)).unwrap();
        let mut topology = topology(clock.clone());
        let script = ScriptedSpout::new().emit(0..7_u64).stay_open();
        let numbers = topology.spout("numbers", script.factory());
        let hourly = move || WindowBolt::<u64, Count>::aggregate(hours);
        let hourly = topology.bolt("hourly", hourly).fields(&numbers, |_| &()).parallelism(3);
        hourly.for_each("end", |_| {});
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        clock.sleep(Duration::from_mins(5)).await;

        let why = handle.explain().await;
        let start = clock.now().floor(Duration::from_hours(1));
        let end = start + Duration::from_hours(1);
        assert_eq!((why.at, why.windows.len(), why.left_out), (clock.now(), 1, 0));
        let window = &why.windows[0];
        assert_eq!(&*window.component, "hourly");
        assert_eq!(window.window.bounds, WindowBounds::Time { start, end });
        assert_eq!((window.window.tuples, window.window.closes), (7, Closes::Clock(end)));
        assert!(why.unanswered.is_empty() && !window.overdue);

        clock.sleep(Duration::from_hours(1)).await;
        assert!(handle.explain().await.windows.is_empty(), "it has closed");
        stop(running, handle).await;
    });
}

#[test]
fn a_task_in_a_long_call_is_listed_as_busy_with_how_long_and_the_others_answer() {
    simulate(|clock| async move {
        let slow = || Slow::new(for_each(|_: &u64| {}), Duration::from_hours(2));
        let (running, handle) = running(clock.clone(), 2, slow);
        clock.sleep(Duration::from_mins(3)).await;
        let asked = clock.now();
        let why = handle.explain_within(Duration::from_secs(5)).await;
        assert_eq!(clock.now().since(asked), Duration::from_secs(5));
        assert_eq!(why.unanswered.len(), 1, "{why}");
        let busy = Duration::from_secs(3 * 60 + 5);
        assert_eq!((&*why.unanswered[0].component, why.unanswered[0].task), ("bolt", 0));
        assert_eq!(why.unanswered[0].why, WhyUnanswered::Busy { time: busy });
        stop(running, handle).await;
    });
}

#[test]
fn an_answer_comes_at_once_when_all_tasks_wait_and_callers_do_not_disturb_each_other() {
    simulate(|clock| async move {
        let (running, handle) = running(clock.clone(), 4, || for_each(|_: &u64| {}));
        run_until_idle().await;
        let asked = clock.now();
        let (one, other) = tokio::join!(handle.explain(), handle.explain());
        assert_eq!((one, clock.now()), (other, asked));
        stop(running, handle).await;
    });
}

/// Fails on the first tuple; it has a window open from the second on.
struct Broken;

impl Bolt<u64> for Broken {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        Err(BoltError::restart("broken"))
    }
}

#[test]
fn a_task_that_waits_to_be_made_anew_answers_that_it_has_no_windows() {
    simulate(|clock| async move {
        let (running, handle) = running(clock.clone(), 1, || Broken);
        clock.sleep(Duration::from_millis(5)).await;
        assert_eq!(handle.snapshot().component("bolt").restarts, 1);
        let asked = clock.now();
        let why = handle.explain().await;
        assert!(why.windows.is_empty() && why.unanswered.is_empty());
        assert_eq!(clock.now(), asked);
        stop(running, handle).await;
    });
}

/// Panics when it is asked.
struct Shy;

impl Bolt<u64> for Shy {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        Ok(())
    }

    fn open_windows(&self, _windows: &mut OpenWindows) {
        panic!("do not look");
    }
}

#[test]
fn a_bolt_that_panics_when_it_is_asked_goes_on_and_is_listed() {
    simulate(|clock| async move {
        let (running, handle) = running(clock.clone(), 1, || Shy);
        run_until_idle().await;
        let why = handle.explain().await;
        let message = "panicked: do not look".to_owned();
        assert_eq!(why.unanswered[0].why, WhyUnanswered::Panicked { message });
        clock.sleep(Duration::from_hours(2)).await;
        let bolt = handle.snapshot().component("bolt");
        assert_eq!((bolt.acked, bolt.restarts), (2, 0));
        stop(running, handle).await;
    });
}

/// Has a thousand windows.
struct Hoarder;

impl Bolt<u64> for Hoarder {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        Ok(())
    }

    fn open_windows(&self, windows: &mut OpenWindows) {
        for end in (1..=1000).rev() {
            let at = Timestamp::from_millis;
            windows.add(OpenWindow::in_event_time(at(end - 1), at(end)).tuples(1));
        }
    }
}

#[test]
fn a_task_names_the_hundred_windows_that_close_first_and_counts_the_others() {
    simulate(|clock| async move {
        let (running, handle) = running(clock, 1, || Hoarder);
        run_until_idle().await;
        let why = handle.explain().await;
        assert_eq!((why.windows.len(), why.left_out), (100, 900));
        let last = Closes::Watermark(Timestamp::from_millis(100));
        assert_eq!(why.windows.last().unwrap().window.closes, last);
        assert!(why.to_string().contains("test at ") && why.to_string().contains(": 1000 windows are open"));
        stop(running, handle).await;
    });
}

#[test]
fn a_topology_that_has_ended_has_no_windows() {
    simulate(|clock| async move {
        let (running, handle) = running(clock, 1, || Hoarder);
        run_until_idle().await;
        handle.stop();
        within_an_hour(running.wait()).await.unwrap();
        let why = handle.explain().await;
        assert!(why.windows.is_empty() && why.unanswered.is_empty());
    });
}
