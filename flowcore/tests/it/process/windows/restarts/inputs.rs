//! Inputs of which one at a time has something to send, and what they say.

use std::time::Duration;

use flowcore::base::Timestamp;
use flowcore::process::Stream;
use flowcore::process::TopologyBuilder;
use flowcore::process::observe::{ExplainedWindow, HeldBackReason};
use flowcore::process::time::EventTime;
use flowcore_testkit::{Random, START, ScriptedSpout};

use super::{Order, at, ms, order};

const ROUND: Duration = Duration::from_secs(1);

/// When each round begins, one input emits these.
#[derive(Debug)]
pub(super) struct Rounds {
    /// How far the watermark of each input is behind, and how long it may be silent.
    paces: Vec<(u64, Duration)>,
    rounds: Vec<(usize, Vec<Order>)>,
}

impl Rounds {
    pub(super) fn random(random: &mut Random) -> Self {
        let pace = |random: &mut Random| {
            // Nobody falls idle when a round begins, or is asked about.
            (random.below(12), Duration::from_millis(1_500) + ROUND * u32::try_from(random.below(6)).unwrap())
        };
        let paces: Vec<_> = (0..=random.index(3)).map(|_| pace(random)).collect();
        let mut fronts = vec![0; paces.len()];
        let (mut id, mut rounds) = (0, Vec::new());
        for _ in 0..5 + random.below(15) {
            let input = random.index(paces.len());
            let mut orders = Vec::new();
            for _ in 0..random.below(8) {
                fronts[input] += i64::try_from(random.below(12)).unwrap();
                let behind = i64::try_from(random.below(12)).unwrap();
                let key = u8::try_from(random.below(3)).unwrap();
                orders.push(order(id, key, (fronts[input] - behind).max(0)));
                id += 1;
            }
            rounds.push((input, orders));
        }
        Self { paces, rounds }
    }

    pub(super) fn len(&self) -> usize {
        self.rounds.len()
    }

    pub(super) fn orders(&self) -> usize {
        self.rounds.iter().map(|(_, orders)| orders.len()).sum()
    }

    pub(super) fn declare(&self, topology: &mut TopologyBuilder) -> Vec<Stream<Order>> {
        let input = |(input, &(lag, idle_after)): (usize, &(u64, Duration))| {
            let mut script = ScriptedSpout::new();
            for (turn, orders) in &self.rounds {
                script = script.wait(ROUND);
                if *turn == input {
                    script = script.emit(orders.clone());
                }
            }
            let spout = topology.spout(format!("input{input}"), script.wait(ROUND).factory());
            let time = EventTime::of(|order: &Order| at(order.at)).lag(ms(lag)).idle_after(idle_after);
            spout.event_time(time).clone()
        };
        self.paces.iter().enumerate().map(input).collect()
    }
}

/// What an input says.
#[derive(Debug, Clone)]
struct Said {
    watermark: Option<Timestamp>,
    heard: Timestamp,
    idle: bool,
}

/// What follows of what the inputs say.
#[derive(Debug)]
pub(super) struct Model<'a> {
    rounds: &'a Rounds,
    inputs: Vec<Said>,
    watermark: Option<Timestamp>,
}

impl<'a> Model<'a> {
    pub(super) fn new(rounds: &'a Rounds) -> Self {
        let said = Said { watermark: None, heard: START, idle: false };
        Self { rounds, inputs: vec![said; rounds.paces.len()], watermark: None }
    }

    /// When a round begins.
    pub(super) fn begin(round: usize) -> Timestamp {
        START + ROUND * u32::try_from(round + 1).unwrap()
    }

    /// Lets a round begin, and its second half.
    pub(super) fn step(&mut self, round: usize) {
        let (turn, orders) = &self.rounds.rounds[round];
        let said = &mut self.inputs[*turn];
        if let Some(largest) = orders.iter().map(|order| at(order.at)).max() {
            said.watermark = said.watermark.max(Some(largest - ms(self.rounds.paces[*turn].0)));
            (said.heard, said.idle) = (Self::begin(round), false);
        }
        self.merge();
        for (said, (_, idle_after)) in self.inputs.iter_mut().zip(&self.rounds.paces) {
            said.idle = (Self::begin(round) + ROUND / 2 + ROUND / 4).since(said.heard) >= *idle_after;
        }
        self.merge();
    }

    fn merge(&mut self) {
        let merged = match self.active().min() {
            Some(slowest) => slowest,
            None => self.inputs.iter().map(|said| said.watermark).max().flatten(),
        };
        self.watermark = self.watermark.max(merged);
    }

    fn active(&self) -> impl Iterator<Item = Option<Timestamp>> {
        self.inputs.iter().filter(|said| !said.idle).map(|said| said.watermark)
    }

    /// Whether the window tells who holds it open.
    pub(super) fn check(&self, window: &ExplainedWindow) {
        assert_eq!(window.watermark, self.watermark, "{self:?}");
        let [held] = &window.held_back_by[..] else { panic!("{window:?}") };
        let input: usize = held.component.strip_prefix("input").unwrap().parse().unwrap();
        let said = &self.inputs[input];
        assert_eq!(held.watermark, said.watermark, "{self:?}");
        match self.active().min() {
            Some(slowest) => {
                assert_eq!((said.idle, said.watermark), (false, slowest), "{self:?}");
                let why = if slowest.is_none() { HeldBackReason::NothingYet } else { HeldBackReason::Behind };
                assert_eq!(held.reason, why, "{self:?}");
                assert_eq!(held.idle_at.map(|at| at.since(START).as_secs()), {
                    let idle_at = said.heard + self.rounds.paces[input].1;
                    Some(idle_at.since(START).as_secs())
                });
            }
            None => assert_eq!(held.reason, HeldBackReason::AllIdle, "{self:?}"),
        }
    }
}
