//! In random topologies, `explain` says what a small model of watermarks says.

use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore::process::observe::{
    ExplainedWindow, Explanation, Happening, HeldBackReason, OpenWindow, OpenWindows,
};
use flowcore::process::time::EventTime;
use flowcore::process::{Bolt, BoltError, NoOutput, Stream, TopologyBuilder};
use flowcore_testkit::{Random, START, ScriptedSpout, simulate};

use crate::process::{topology, within_an_hour};
use crate::seeds::Seed;

/// Its partition, and its timestamp in seconds since the start.
type Tuple = (u64, i64);

const END: Duration = Duration::from_secs(10_000);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + seconds * 1000)
}

/// Keeps a window open for ever.
#[derive(Default)]
struct Keeper(u64);

impl Bolt<Tuple> for Keeper {
    type Out = NoOutput;

    async fn execute(&mut self, _tuple: &Tuple, _out: &mut NoOutput) -> Result<(), BoltError> {
        self.0 += 1;
        Ok(())
    }

    fn open_windows(&self, windows: &mut OpenWindows) {
        windows.add(OpenWindow::in_event_time(START, START + END).tuples(self.0));
    }
}

/// One spout: when it emits what, in seconds since the start, and how its watermarks follow.
#[derive(Debug)]
struct Feed {
    steps: Vec<(i64, Vec<Tuple>)>,
    lag: i64,
    idle_after: Duration,
    is_partitioned: bool,
    is_mapped: bool,
}

impl Feed {
    /// Feeds speak in seconds of their own: who comes first in one instant is nobody's promise.
    fn random(random: &mut Random, index: i64) -> Self {
        let mut now = index;
        let steps = (0..random.index(6)).map(|_| {
            now += 3 * (1 + i64::try_from(random.below(4)).unwrap());
            let tuples = (0..=random.index(3))
                .map(|_| (random.below(3), now - 5 + i64::try_from(random.below(10)).unwrap()));
            (now, tuples.collect())
        });
        Self {
            steps: steps.collect(),
            lag: i64::try_from(random.below(3)).unwrap(),
            // Nobody falls idle at the instant of a tuple or of a question.
            idle_after: Duration::from_millis(2250 + 1000 * random.below(12)),
            is_partitioned: random.percent(50),
            is_mapped: random.percent(50),
        }
    }

    fn declare(&self, topology: &mut TopologyBuilder, name: &str) -> Stream<Tuple> {
        let (mut script, mut now) = (ScriptedSpout::new(), 0);
        for (at, tuples) in &self.steps {
            script = script.wait(Duration::from_secs(u64::try_from(at - now).unwrap())).emit(tuples.clone());
            now = *at;
        }
        let lag = Duration::from_secs(u64::try_from(self.lag).unwrap());
        let mut time = EventTime::of(|tuple: &Tuple| at(tuple.1)).lag(lag).idle_after(self.idle_after);
        time = time.max_ahead(END * 10);
        if self.is_partitioned {
            time = time.partition_by(|tuple| tuple.0);
        }
        let spout = topology.spout(name.to_owned(), script.stay_open().factory());
        let spout = spout.event_time(time);
        if self.is_mapped {
            spout.map(format!("{name}-mapped"), |tuple| *tuple).clone()
        } else {
            spout.clone()
        }
    }
}

/// What the model knows of a feed.
#[derive(Debug, Default, Clone)]
struct State {
    /// The largest timestamp of each partition, and when it was heard last.
    slots: BTreeMap<u64, (i64, Timestamp)>,
    said: Option<i64>,
    idle: bool,
    emitted: u64,
}

impl State {
    fn is_idle(heard: Timestamp, now: Timestamp, feed: &Feed) -> bool {
        now.since(heard) >= feed.idle_after
    }

    /// The partitions that are not idle.
    fn active(&self, now: Timestamp, feed: &Feed) -> Vec<(u64, i64, Timestamp)> {
        let slots = self.slots.iter().map(|(partition, &(largest, heard))| (*partition, largest, heard));
        slots.filter(|(_, _, heard)| !Self::is_idle(*heard, now, feed)).collect()
    }

    fn pass(&mut self, now: Timestamp, feed: &Feed) {
        let active = self.active(now, feed);
        self.idle = active.is_empty() && (!self.slots.is_empty() || Self::is_idle(START, now, feed));
        let reached = if self.idle {
            self.slots.values().map(|(largest, _)| *largest).max()
        } else {
            active.iter().map(|(_, largest, _)| *largest).min()
        };
        self.said = self.said.max(reached.map(|reached| reached - feed.lag));
    }

    fn emit(&mut self, now: Timestamp, feed: &Feed, tuples: &[Tuple]) {
        self.emitted += tuples.len() as u64;
        for (partition, seconds) in tuples {
            let slot =
                self.slots.entry(if feed.is_partitioned { *partition } else { 0 }).or_insert((*seconds, now));
            *slot = (slot.0.max(*seconds), now);
        }
        self.pass(now, feed);
    }
}

/// What the model says of all feeds.
#[derive(Debug, Default)]
struct Model {
    feeds: Vec<State>,
    watermark: Option<i64>,
}

impl Model {
    /// Lets the second before `second` pass, and then the instant itself.
    fn step(&mut self, second: i64, feeds: &[Feed]) {
        for quarter in [250, 500, 750, 1000] {
            let now = at(second - 1) + Duration::from_millis(quarter);
            for (state, feed) in self.feeds.iter_mut().zip(feeds) {
                state.pass(now, feed);
                if let Some((_, tuples)) = feed.steps.iter().find(|(at, _)| quarter == 1000 && *at == second)
                {
                    state.emit(now, feed, tuples);
                }
            }
            self.merge();
        }
    }

    fn merge(&mut self) {
        let active: Vec<_> = self.feeds.iter().filter(|state| !state.idle).map(|state| state.said).collect();
        let merged = match active.iter().min() {
            Some(slowest) => *slowest,
            None => self.feeds.iter().map(|state| state.said).max().flatten(),
        };
        self.watermark = self.watermark.max(merged);
    }

    fn check(&self, now: Timestamp, feeds: &[Feed], window: &ExplainedWindow) {
        let said = |seconds: Option<i64>| seconds.map(at);
        assert_eq!(window.watermark, said(self.watermark), "{self:?}");
        let [held] = &window.held_back_by[..] else { panic!("{window:?}") };
        let feed: usize = held.component.strip_prefix("feed").unwrap().parse().unwrap();
        let (state, feed) = (&self.feeds[feed], &feeds[feed]);
        assert_eq!(held.watermark, said(state.said));
        if self.feeds.iter().all(|state| state.idle) {
            assert_eq!(held.reason, HeldBackReason::AllIdle);
            return;
        }
        let slowest = self.feeds.iter().filter(|state| !state.idle).map(|state| state.said).min().unwrap();
        assert_eq!((state.said, state.idle), (slowest, false), "{self:?} {held:?}");
        assert!(held.since <= now);
        let active = state.active(now, feed);
        let Some(smallest) = active.iter().map(|(_, largest, _)| *largest).min() else {
            assert_eq!(
                (held.reason, held.idle_at),
                (HeldBackReason::NothingYet, Some(START + feed.idle_after))
            );
            return;
        };
        assert_eq!(held.reason, HeldBackReason::Behind);
        let mut slowest = active.iter().filter(|(_, largest, _)| *largest == smallest);
        let is_it = |(partition, _, heard): &(u64, i64, Timestamp)| {
            let named = feed.is_partitioned.then(|| partition.to_string());
            held.partition == named && held.idle_at == Some(*heard + feed.idle_after)
        };
        assert!(slowest.any(is_it), "{active:?} {held:?}");
    }
}

async fn ask_all_along(topology: TopologyBuilder, clock: Clock, feeds: &[Feed]) {
    let running = topology.build().unwrap().start();
    let handle = running.handle();
    let mut model = Model { feeds: vec![State::default(); feeds.len()], watermark: None };
    for second in 0..60 {
        if second > 0 {
            model.step(second, feeds);
        }
        clock.sleep_until(at(second) + Duration::from_millis(125)).await;
        let why = handle.explain().await;
        assert!(why.unanswered.is_empty());
        for window in &why.windows {
            model.check(clock.now(), feeds, window);
            assert!(!window.overdue);
        }
        let tuples: u64 = why.windows.iter().map(|window| window.window.tuples).sum();
        assert_eq!(tuples, model.feeds.iter().map(|state| state.emitted).sum::<u64>());
        for task in handle.snapshot().tasks.iter().filter(|task| &*task.component == "keeper") {
            assert_eq!(task.watermark, model.watermark.map(at));
        }
        let json = serde_json::to_string(&why).unwrap();
        assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), why);
    }
    handle.abort();
    within_an_hour(running.wait()).await.unwrap();
}

#[test]
fn explain_says_what_a_model_says_of_who_holds_the_watermark_back_and_until_when() {
    for seed in 0..100 {
        let _seed = Seed(seed);
        let mut random = Random::new(seed);
        let feeds: Vec<_> =
            (0..=random.index(3)).map(|at| Feed::random(&mut random, i64::try_from(at).unwrap())).collect();
        let tasks = 1 + random.index(3);
        simulate(|clock| async move {
            let mut topology = topology(clock.clone());
            let declare = |(at, feed): (usize, &Feed)| feed.declare(&mut topology, &format!("feed{at}"));
            let streams: Vec<_> = feeds.iter().enumerate().map(declare).collect();
            let (first, others) = streams.split_first().unwrap();
            let mut keeper = topology.bolt("keeper", Keeper::default).shuffle(first).parallelism(tasks);
            for stream in others {
                keeper = keeper.fields_by(stream, |tuple| tuple.1);
            }
            ask_all_along(topology, clock, &feeds).await;
        });
    }
}

#[test]
fn a_window_that_one_input_has_passed_and_another_holds_open_is_overdue_and_the_warning_names_it() {
    simulate(|clock| async move {
        let feed = |step: i64| Feed {
            steps: (1..300).map(|second| (second, vec![(0, second * step)])).collect(),
            lag: 0,
            idle_after: Duration::MAX,
            is_partitioned: false,
            is_mapped: true,
        };
        let (quick, slow) = (feed(200), feed(1));
        let mut topology = topology(clock.clone());
        let quick = quick.declare(&mut topology, "quick");
        let slow = slow.declare(&mut topology, "slow");
        topology.bolt("keeper", Keeper::default).shuffle(&quick).shuffle(&slow);
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        clock.sleep(Duration::from_secs(200)).await;
        let events = handle.recent_events();
        let overdue: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.what {
                Happening::WindowOverdue(window) => Some((event.at, window)),
                _ => None,
            })
            .collect();
        let [(told, window)] = overdue[..] else { panic!("{events:?}") };
        // The quick one passes 10,000 s after 50 s; it is told a minute later, give or take the pause of a look.
        let after = told.since(START).as_secs();
        assert!((110..=112).contains(&after), "{after}");
        assert_eq!(&*window.held_back_by[0].component, "slow");
        assert!(window.overdue && handle.explain().await.windows[0].overdue);
        handle.abort();
        within_an_hour(running.wait()).await.unwrap();
    });
}
