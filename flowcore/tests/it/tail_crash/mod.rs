//! The tail source with Flume's position file, dying at every operation of its disk, with a model that knows
//! every line. Held against it: each line is delivered at least once, except what was cut off or removed before
//! anybody read it, which is counted; no saved position is behind what was delivered; Flume's file is whole
//! whenever it is there.

mod channel;
mod life;
mod positions;
mod run;
mod world;

use std::io::Write;
use std::sync::Arc;

use flowcore_testkit::{CrashDisk, Random};

use life::Fault;
use run::{Plan, Run};
use world::Platter;

/// Numbers its seeds; another one finds other orders.
const SEED: u64 = 0x7a11_0000;

/// What many runs came to.
#[derive(Debug, Default)]
struct Tally {
    runs: u64,
    faults: u64,
    /// Written, excused, again.
    lines: [u64; 3],
}

impl Tally {
    /// Whether the fault came to pass.
    fn run(&mut self, plan: Plan) -> bool {
        let outcome = {
            let _told = Told(plan);
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_time().start_paused(true).build().unwrap().block_on(Run::new(plan).all())
        };
        self.runs += 1;
        self.faults += u64::from(outcome.faults);
        for (sum, more) in self.lines.iter_mut().zip(outcome.lines) {
            *sum += more;
        }
        outcome.faults > 0
    }

    fn say(&self) {
        let [lines, lost, again] = self.lines;
        // Also where the output of tests that hold is kept back.
        let _ = writeln!(
            std::io::stderr(),
            "   seed {SEED:#x}: {} runs, {} faults, {lines} lines, {again} of them came again, {lost} were cut off or \
             removed before they were read",
            self.runs,
            self.faults
        );
        assert!(self.faults > 300 && again > 0, "nothing was tried: {self:?}");
        assert!(lost * 3 < lines, "too much is excused: {self:?}");
    }
}

/// Says what failed.
struct Told(Plan);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed with {:?}", self.0);
        }
    }
}

/// One order of things, and each operation of its first source as the last one.
fn at_every_operation(tally: &mut Tally, seed: u64, fault: Fault, loses_power: bool) {
    for operation in 0..100_000 {
        let plan = Plan { seed, fault: Some((operation, fault)), loses_power, again: false };
        if !tally.run(plan) {
            return;
        }
    }
}

fn memory_or(crash: bool) -> Platter {
    if crash { Platter::Crash(CrashDisk::new()) } else { Platter::Memory(Arc::default()) }
}

#[test]
fn every_line_is_delivered_though_the_source_dies_at_any_operation_of_its_disk() {
    let mut tally = Tally::default();
    for seed in SEED..SEED + 8 {
        at_every_operation(&mut tally, seed, Fault::Death, false);
    }
    tally.say();
}

#[test]
fn every_line_is_delivered_though_any_operation_of_the_disk_fails_once() {
    let mut tally = Tally::default();
    for seed in SEED..SEED + 4 {
        at_every_operation(&mut tally, seed, Fault::Error, false);
    }
    tally.say();
}

#[test]
fn every_line_that_a_loss_of_power_leaves_is_delivered() {
    let mut tally = Tally::default();
    for seed in SEED..SEED + 6 {
        at_every_operation(&mut tally, seed, Fault::Death, true);
    }
    tally.say();
}

#[test]
fn every_line_is_delivered_though_sources_die_again_and_again() {
    let (mut tally, mut random) = (Tally::default(), Random::new(SEED));
    for seed in 0..1000 {
        let operation = random.below(250);
        let fault = if random.percent(70) { Fault::Death } else { Fault::Error };
        let loses_power = fault == Fault::Death && random.percent(40);
        tally.run(Plan {
            seed: SEED ^ (seed << 20),
            fault: Some((operation, fault)),
            loses_power,
            again: true,
        });
    }
    tally.say();
}
