//! Spouts that know which of their tuples are on time.

use std::collections::BTreeMap;
use std::time::Duration;

use flowcore::base::{Clock, Timestamp};
use flowcore::process::time::EventTime;
use flowcore::process::{Emitter, Next, Spout, SpoutError, TaskContext};
use flowcore_testkit::{Random, START};

#[derive(Debug, Clone, Copy)]
pub(super) struct Timed {
    pub(super) at: Timestamp,
    pub(super) key: u64,
    partition: u64,
    /// No watermark may have passed it, wherever it comes.
    pub(super) on_time: bool,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct FeedPlan {
    pub(super) tasks: usize,
    calls: u64,
    partitions: u64,
    lag: Duration,
    disorder: u64,
    idle_after: Duration,
    /// Of a hundred calls, how many come after a long silence.
    silences: u64,
    pub(super) stays_open: bool,
    seed: u64,
}

impl FeedPlan {
    pub(super) fn random(random: &mut Random, stays_open: bool) -> Self {
        let disorder = random.below(20);
        let may_be_idle = random.percent(50);
        Self {
            tasks: 1 + random.index(2),
            calls: random.below(40),
            partitions: if random.percent(50) { 1 + random.below(3) } else { 0 },
            // Now and then too small.
            lag: Duration::from_millis(if random.percent(60) { disorder } else { random.below(20) }),
            disorder,
            idle_after: if may_be_idle { Duration::from_millis(100) } else { Duration::MAX },
            silences: if may_be_idle { random.below(10) } else { 0 },
            stays_open,
            seed: random.next_u64(),
        }
    }

    pub(super) fn event_time(&self) -> EventTime<Timed> {
        let time = EventTime::of(|tuple: &Timed| tuple.at).lag(self.lag).idle_after(self.idle_after);
        if self.partitions > 0 { time.partition_by(|tuple| tuple.partition) } else { time }
    }
}

/// What a task has sent of one partition.
struct Sent {
    largest: Timestamp,
    /// What the watermark may have passed before the partition had a say in it.
    floor: Timestamp,
    /// Silence of the task before the last tuple.
    silence: Duration,
}

pub(super) struct Feed {
    plan: FeedPlan,
    random: Random,
    clock: Clock,
    left: u64,
    /// How long it has had nothing to send, in all. Waiting for room does not count.
    silence: Duration,
    sent: BTreeMap<u64, Sent>,
    /// It may have been left out as idle: the others need not have waited for it.
    was_idle: bool,
}

impl Feed {
    pub(super) fn new(plan: FeedPlan) -> Self {
        let (random, clock, left) = (Random::new(plan.seed), Clock::system(), plan.calls);
        Self { plan, random, clock, left, silence: Duration::ZERO, sent: BTreeMap::new(), was_idle: false }
    }

    /// Whether it may be idle that was last heard then. Well before it is: tuples may be sent a bit later.
    fn may_be_idle(&self, heard: Duration) -> bool {
        self.silence >= heard + self.plan.idle_after / 2
    }

    async fn wait(&mut self) {
        let millis = match self.random.below(100) {
            roll if roll < self.plan.silences => 100 + self.random.below(300),
            roll if roll < 50 => self.random.below(15),
            _ => return,
        };
        let time = Duration::from_millis(millis);
        self.clock.sleep(time).await;
        self.silence += time;
    }

    fn tuple(&mut self) -> Timed {
        let partition = self.random.below(self.plan.partitions.max(1));
        let front = self.sent.get(&partition).map_or(START, |sent| sent.largest);
        let at = front + Duration::from_millis(self.random.below(20));
        let at = at - Duration::from_millis(self.random.below(self.plan.disorder + 1));
        let on_time = self.note(partition, at);
        Timed { at, key: self.random.below(8), partition, on_time }
    }

    /// Whether a tuple that is sent now is on time.
    fn note(&mut self, partition: u64, at: Timestamp) -> bool {
        let heard = self.sent.values().map(|sent| sent.silence).max().unwrap_or_default();
        self.was_idle |= self.may_be_idle(heard);
        let furthest = self.sent.values().map(|sent| sent.largest - self.plan.lag).max();
        let furthest = furthest.unwrap_or(Timestamp::MIN);
        let silence = self.silence;
        let joins = self.sent.get(&partition).is_none_or(|sent| self.may_be_idle(sent.silence));
        let new = Sent { largest: at, floor: furthest, silence };
        let sent = self.sent.entry(partition).or_insert(new);
        if joins {
            sent.floor = furthest;
        }
        let passed = if joins { furthest } else { sent.floor.max(sent.largest - self.plan.lag) };
        sent.largest = sent.largest.max(at);
        sent.silence = silence;
        !self.was_idle && at >= passed
    }
}

impl Spout for Feed {
    type Out = Emitter<Timed>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.clock = context.clock.clone();
        self.random = Random::new(self.plan.seed.wrapping_add(context.task as u64));
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        if self.left == 0 && self.plan.stays_open {
            std::future::pending::<()>().await;
        }
        if self.left == 0 {
            return Ok(Next::End);
        }
        self.left -= 1;
        self.wait().await;
        for _ in 0..self.random.below(6) {
            let tuple = self.tuple();
            if self.random.percent(50) {
                out.emit(tuple);
            } else {
                out.send(tuple).await;
            }
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        Ok(())
    }
}
