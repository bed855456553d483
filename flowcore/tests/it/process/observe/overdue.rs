//! Windows that should have closed some time ago.

use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore::process::observe::{Happening, OpenWindow, OpenWindows};
use flowcore::process::window::{Count, WindowBolt, WindowSpec};
use flowcore::process::{Bolt, BoltError, NoOutput, TopologyBuilder};
use flowcore_testkit::{ScriptedSpout, simulate};

use crate::process::{topology, within_an_hour};

/// Keeps its window open, whatever the time.
struct Stuck(Option<Timestamp>);

impl Bolt<u64> for Stuck {
    type Out = NoOutput;

    async fn execute(&mut self, end: &u64, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0 = Some(Timestamp::from_millis(i64::try_from(*end).unwrap_or(0)));
        Ok(())
    }

    fn open_windows(&self, windows: &mut OpenWindows) {
        if let Some(end) = self.0 {
            windows.add(OpenWindow::in_clock_time(end - Duration::from_secs(10), end).tuples(1));
        }
    }
}

/// A window that ends after ten seconds and stays open.
fn stuck(clock: &Clock) -> TopologyBuilder {
    let end = clock.now() + Duration::from_secs(10);
    let script = ScriptedSpout::new().emit([u64::try_from(end.as_millis()).unwrap()]).stay_open();
    let mut topology = topology(clock.clone());
    let ends = topology.spout("ends", script.factory());
    topology.bolt("stuck", || Stuck(None)).shuffle(&ends);
    topology
}

/// When windows were overdue, in seconds since the start, within ten minutes.
async fn overdue(topology: TopologyBuilder, clock: Clock) -> Vec<(u64, String)> {
    let start = clock.now();
    let running = topology.build().unwrap().start();
    let handle = running.handle();
    clock.sleep(Duration::from_mins(10)).await;
    let events = handle.recent_events();
    let overdue = events.iter().filter(|event| matches!(event.what, Happening::WindowOverdue(_)));
    let overdue = overdue.map(|event| (event.at.since(start).as_secs(), event.to_string())).collect();
    let why = handle.explain().await;
    assert_eq!(why.windows.iter().filter(|window| window.overdue).count(), why.windows.len());
    handle.abort();
    within_an_hour(running.wait()).await.unwrap();
    overdue
}

#[test]
fn an_overdue_window_is_warned_of_once_a_minute_after_it_should_have_closed() {
    simulate(|clock| async move {
        let told = overdue(stuck(&clock), clock).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, 70);
        assert!(told[0].1.contains("stuck, task 0: window from"), "{}", told[0].1);
        assert!(told[0].1.contains("overdue: the clock closes it; it was due at"), "{}", told[0].1);
    });
}

#[test]
fn the_time_after_which_a_window_is_overdue_can_be_chosen() {
    simulate(|clock| async move {
        let told = overdue(stuck(&clock).overdue_after(Duration::from_secs(5)), clock).await;
        assert_eq!(told[0].0, 15);
    });
}

#[test]
fn warnings_can_be_switched_off() {
    simulate(|clock| async move {
        let running = stuck(&clock).overdue_after(None).build().unwrap().start();
        let handle = running.handle();
        clock.sleep(Duration::from_mins(10)).await;
        assert_eq!(handle.recent_events(), []);
        assert!(!handle.explain().await.windows[0].overdue);
        handle.abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}

#[test]
fn windows_that_close_in_time_are_never_overdue() {
    simulate(|clock| async move {
        let seconds = WindowSpec::sliding(Duration::from_secs(10), Duration::from_secs(1)).unwrap();
        let script = (0..100_u64)
            .fold(ScriptedSpout::new(), |script, number| script.emit([number]).wait(Duration::from_secs(1)));
        let mut topology = topology(clock.clone()).overdue_after(Duration::from_secs(1));
        let numbers = topology.spout("numbers", script.stay_open().factory());
        let counts = topology.bolt("counts", move || WindowBolt::<u64, Count>::aggregate(seconds));
        counts.shuffle(&numbers).for_each("end", |_| {});
        assert_eq!(overdue(topology, clock).await, []);
    });
}
