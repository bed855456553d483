//! Random topologies under random faults and stops: nothing is acknowledged early, lost or hung.

mod ledger;
mod meddler;
mod order;
mod parts;
mod plan;
pub(super) mod seeds;
mod side;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use flowcore::base::{Backoff, Clock, RestartPolicy};
use flowcore::process::{RetryPolicy, RunReport, TaskKind, TopologyBuilder};
use flowcore_testkit::{Random, simulate};

use ledger::Books;
use meddler::Meddler;
use plan::Plan;
use seeds::for_each_seed;

/// What a run is allowed to do.
#[derive(Clone, Copy)]
struct Weather {
    faults: bool,
    keepers: bool,
    stops: bool,
    /// Whether components take their time.
    pace: Pace,
}

#[derive(Clone, Copy, PartialEq)]
enum Pace {
    Slow,
    Fast,
}

fn run(seed: u64, weather: Weather) {
    simulate(|clock| run_on(clock, seed, weather));
}

/// The same on real threads: what is looked for is a wake-up that is lost between them.
fn run_on_threads(seed: u64, weather: Weather) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build();
    runtime.unwrap().block_on(run_on(Clock::system(), seed, weather));
}

async fn run_on(clock: Clock, seed: u64, weather: Weather) {
    let mut random = Random::new(seed);
    let plan = Plan::random(&mut random, weather);
    let books = Books::new(&plan);
    let report = {
        let topology = plan.declare(settings(clock.clone(), &mut random, &plan), &books, seed);
        let running = topology.build().unwrap().start();
        let handle = running.handle();
        let mut meddler = Meddler::new(&plan, &handle, random.next_u64());
        let stop = async {
            let mut left = if weather.stops { random.below(400) } else { u64::MAX };
            while left > 0 {
                let step = meddler.pause().min(left);
                clock.sleep(Duration::from_millis(step)).await;
                left -= step;
                meddler.look_and_meddle();
            }
            if random.percent(70) {
                handle.stop();
            } else {
                handle.abort();
            }
            std::future::pending::<()>().await;
        };
        let end = async {
            tokio::select! {
                report = running.wait() => report,
                () = stop => unreachable!(),
            }
        };
        let end = tokio::time::timeout(Duration::from_mins(10), end).await;
        end.unwrap_or_else(|_| panic!("it hangs")).unwrap()
    };
    check(&plan, &books, &report, weather);
}

fn settings(clock: Clock, random: &mut Random, plan: &Plan) -> TopologyBuilder {
    let backoff = Backoff::new(Duration::from_millis(1 + random.below(20)), Duration::from_millis(100));
    let restart = RestartPolicy {
        backoff: backoff.clone(),
        max_restarts: u32::MAX,
        stable_after: Duration::from_secs(1),
    };
    let max_attempts = 1 + u32::try_from(random.below(6)).unwrap();
    TopologyBuilder::new("random")
        .clock(clock)
        .batch(plan.batch)
        .mailbox(plan.mailbox)
        .max_pending(plan.max_pending)
        .linger(Duration::from_millis(random.below(10)))
        .retry(RetryPolicy { max_attempts, backoff })
        .restart(restart)
        .grace(Duration::from_millis(random.below(2_000)))
}

fn check(plan: &Plan, books: &Arc<Books>, report: &RunReport, weather: Weather) {
    let spouts = || report.snapshot.tasks.iter().filter(|task| task.kind == TaskKind::Spout);
    let unsettled: usize = report.unsettled.iter().map(|left| left.tuples).sum();
    let sum = |count: fn(&flowcore::process::TaskSnapshot) -> u64| spouts().map(count).sum::<u64>();
    assert_eq!(
        sum(|task| task.emitted),
        sum(|task| task.acked) + sum(|task| task.dead) + unsettled as u64,
        "every tuple is acknowledged, given up or reported: {report:?}"
    );
    if !weather.stops && !weather.keepers {
        assert_eq!(unsettled, 0, "{report:?}");
    }
    if !weather.stops && plan.patient {
        assert_eq!(unsettled, 0, "{report:?}");
        books.check_all_answered();
        let waiting = report.snapshot.tasks.iter().map(|task| task.waiting).sum::<usize>();
        assert_eq!(waiting, 0, "{report:?}");
    }
    if !weather.stops && !weather.faults {
        books.check_all_answered();
        books.check_exactly_once(plan);
        for bolt in 0..plan.bolts.len() {
            let bolt = report.snapshot.component(&format!("bolt{bolt}"));
            assert_eq!((bolt.executed, bolt.failed), (bolt.acked, 0));
        }
    }
    books.check_nothing_is_held();
}

fn runs(seeds: Range<u64>, weather: Weather) {
    for_each_seed(seeds, |seed| run(seed, weather));
}

fn runs_on_threads(seeds: Range<u64>, weather: Weather) {
    for_each_seed(seeds, |seed| run_on_threads(seed, weather));
}

#[test]
fn without_faults_every_tuple_is_executed_exactly_once_everywhere_and_acknowledged() {
    runs(0..300, Weather { faults: false, keepers: true, stops: false, pace: Pace::Slow });
}

#[test]
fn with_faults_every_tuple_is_acknowledged_after_all_its_work_or_given_up() {
    runs(10_000..10_250, Weather { faults: true, keepers: false, stops: false, pace: Pace::Slow });
}

#[test]
fn with_faults_and_kept_tokens_nothing_is_acknowledged_early_and_nothing_hangs() {
    runs(20_000..20_250, Weather { faults: true, keepers: true, stops: false, pace: Pace::Slow });
}

#[test]
fn a_stop_or_an_abort_at_any_moment_reports_what_is_not_settled() {
    runs(30_000..30_400, Weather { faults: true, keepers: true, stops: true, pace: Pace::Slow });
}

#[test]
fn on_many_threads_nothing_is_acknowledged_early_and_nothing_hangs() {
    let weather = Weather { faults: false, keepers: false, stops: false, pace: Pace::Fast };
    runs_on_threads(40_000..40_100, weather);
    runs_on_threads(50_000..50_012, Weather { faults: true, ..weather });
    runs_on_threads(60_000..60_004, Weather { faults: true, keepers: true, stops: true, pace: Pace::Fast });
}
