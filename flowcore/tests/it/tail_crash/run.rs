//! Writers, and sources that follow each other on what is left.

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Clock, TaskEnd, TaskSet};
use flowcore::ingest::source::TailSource;
use flowcore::ingest::source::tail::{FilePattern, TailProgress};
use flowcore::ingest::{Source, SourceError};
use flowcore_testkit::Random;
use tokio::sync::watch;

use super::channel::HeldChannel;
use super::life::{Fault, Life};
use super::memory_or;
use super::positions::Positions;
use super::world::{LOGS, NAMES, POSITIONS, World};

const TICK: Duration = Duration::from_millis(10);
/// As long as a source may take for all that there is.
const LONG: usize = 400;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Of the first source.
    pub(crate) fault: Option<(u64, Fault)>,
    /// The disk forgets what was not synced.
    pub(crate) loses_power: bool,
    /// Later sources have their own.
    pub(crate) again: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) faults: u32,
    pub(crate) lines: [u64; 3],
}

type Ended = Result<TailSource<String>, SourceError>;

struct Living {
    life: Life,
    tasks: TaskSet<Ended>,
    stop: watch::Sender<bool>,
    progress: TailProgress,
}

pub(crate) struct Run {
    plan: Plan,
    world: World,
    random: Random,
    channel: Arc<HeldChannel>,
    living: Option<Living>,
    /// Operations of the writers until the next source is started.
    pause: usize,
    starts: u32,
    faults: u32,
    /// Of the next source.
    fault: Option<(u64, Fault)>,
    is_idle_soon: bool,
    lost_power: bool,
    /// The position file, if another hand cut it.
    torn: Option<Vec<u8>>,
}

impl Run {
    pub(crate) fn new(plan: Plan) -> Self {
        let mut random = Random::new(plan.seed);
        let world = World::new(memory_or(plan.loses_power), random.percent(50));
        let is_idle_soon = random.percent(30);
        Self {
            plan,
            world,
            random,
            channel: Arc::default(),
            living: None,
            pause: 0,
            starts: 0,
            faults: 0,
            fault: plan.fault,
            is_idle_soon,
            lost_power: false,
            torn: None,
        }
    }

    pub(crate) async fn all(mut self) -> Outcome {
        for _ in 0..10 + self.random.index(25) {
            if self.living.is_none() && self.pause == 0 {
                self.start();
            }
            self.pause = self.pause.saturating_sub(1);
            self.step().await;
        }
        self.finish().await;
        Outcome { faults: self.faults, lines: self.world.counts() }
    }

    async fn step(&mut self) {
        let (name, random) = (self.random.index(NAMES), &mut self.random);
        match random.below(16) {
            0..5 => self.world.append(name, random),
            5 if !self.is_idle_soon => self.in_parts(name).await,
            5 => {}
            6 => {
                let more = random.percent(50);
                self.world.rename(name, more, random);
                self.excuse_unknown();
            }
            7 => self.world.cut_off(name),
            8 => self.world.remove(name),
            9..11 => self.deliver_some(),
            11..15 => self.tick().await,
            _ => {
                for _ in 0..8 {
                    self.tick().await;
                    self.deliver_some();
                }
            }
        }
    }

    async fn in_parts(&mut self, name: usize) {
        let begun = self.world.begin(name, &mut self.random);
        self.lost_power = false;
        self.tick().await;
        if !self.lost_power {
            self.world.finish(begun, &mut self.random);
        }
    }

    fn start(&mut self) {
        let life = Life::new(self.world.platter.disk(), self.fault.take());
        let names = if self.world.follows_renamed { "[ab][.]log.*" } else { "[ab][.]log" };
        let pattern = FilePattern::regex(&format!("{LOGS}/{names}")).unwrap();
        let mut source =
            TailSource::matching([pattern], |line| String::from_utf8_lossy(&line.body).into_owned())
                .flume_positions(POSITIONS)
                .on_disk(Arc::new(life.clone()))
                .watch(false)
                .batch(1 + self.random.index(3), 1 << 20)
                .max_in_turn((self.random.percent(50)).then_some(2))
                .poll_interval(TICK)
                .save_every(TICK)
                .rotate_wait(TICK * 2);
        if self.is_idle_soon {
            source = source.idle_timeout(TICK * 3);
        }
        let (progress, (mut writer, stop)) = (source.progress(), self.channel.writer());
        let mut tasks = TaskSet::new();
        tasks.spawn("tail", async move { source.run(&mut writer).await.map(|()| source) });
        self.living = Some(Living { life, tasks, stop, progress });
        self.starts += 1;
    }

    async fn tick(&mut self) {
        Clock::system().sleep(TICK).await;
        self.check_positions();
        if self.living.as_ref().is_some_and(|living| living.life.has_failed()) {
            self.fail().await;
        }
    }

    /// The source met its fault.
    async fn fail(&mut self) {
        let Some(Living { mut tasks, life, .. }) = self.living.take() else { return };
        let is_death = life.ends();
        life.end();
        tasks.abort_all();
        while tasks.next().await.is_some() {}
        self.faults += 1;
        self.pause = self.random.index(4);
        if is_death {
            self.channel.forget();
            if self.plan.loses_power {
                self.world.lose_power(&mut self.random);
                self.lost_power = true;
            }
        }
        self.check_positions();
        self.excuse_unknown();
        if self.random.percent(20) && self.world.follows_renamed {
            self.torn = Positions::tear(&*self.world.platter.disk(), &mut self.random);
            self.pause = 0;
        }
        self.fault = self.next_fault();
    }

    fn next_fault(&mut self) -> Option<(u64, Fault)> {
        let fault = if self.random.percent(70) { Fault::Death } else { Fault::Error };
        (self.plan.again && self.faults < 6).then(|| (self.random.below(150), fault))
    }

    fn excuse_unknown(&mut self) {
        let saved = Positions::read(&*self.world.platter.disk(), self.torn.as_deref());
        let open = self.living.as_ref().map(|living| living.progress.files()).unwrap_or_default();
        self.world.excuse_unknown(|identity, path| {
            saved.know(identity.inode, path) || open.iter().any(|file| file.file == identity)
        });
    }

    fn check_positions(&self) {
        let saved = Positions::read(&*self.world.platter.disk(), self.torn.as_deref());
        let saved: Vec<_> = saved.0.iter().map(|(inode, position, _)| (*inode, *position)).collect();
        self.world.check_positions(&saved);
    }

    fn deliver_some(&mut self) {
        while self.channel.len() > 0 && self.random.percent(80) {
            self.deliver();
        }
    }

    fn deliver(&mut self) {
        let batch = self.random.index(self.channel.len());
        for line in self.channel.deliver(batch) {
            self.world.deliver(&line, self.starts);
        }
    }

    async fn finish(&mut self) {
        self.pause = 0;
        for _ in 0..LONG {
            if self.living.is_none() {
                (self.fault, self.pause) = (None, 0);
                self.start();
            }
            self.tick().await;
            while self.channel.len() > 0 {
                self.deliver();
            }
            if self.world.missing().is_empty()
                && self.living.as_ref().is_some_and(|l| l.progress.is_committed())
            {
                break;
            }
        }
        assert!(self.world.missing().is_empty(), "lost: {:?} of {:#?}", self.world.missing(), self.world);
        self.stop().await;
        self.check_positions();
    }

    async fn stop(&mut self) {
        let Some(Living { mut tasks, stop, .. }) = self.living.take() else { return };
        stop.send_replace(true);
        let Some((_, TaskEnd::Done(end))) = tasks.next().await else { panic!("the source panicked") };
        // A fault that was still to come.
        if let Ok(mut source) = end {
            let _ = source.stop().await;
        }
    }
}
