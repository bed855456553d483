//! The window bolts in a running topology, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowcore::base::{Clock, Receipts, Timestamp};
use flowcore::process::window::{
    CountByKey, WindowBolt, WindowCount, WindowResult, WindowSpec, WindowedCount,
};
use flowcore::process::{
    Bolt, BoltError, Emitter, Next, NoOutput, Outputs, RunReport, Spout, SpoutError, TaskContext,
    TopologyBuilder, Tuple,
};

/// Emits each number at its time, and ends at a time of its own.
struct Script {
    steps: std::vec::IntoIter<(i64, Vec<u64>)>,
    end: i64,
    clock: Clock,
    receipts: Receipts<usize>,
    safe: Arc<Mutex<Vec<usize>>>,
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

impl Spout for Script {
    type Out = Emitter<u64>;

    async fn open(&mut self, context: &TaskContext) -> Result<(), SpoutError> {
        self.clock = context.clock.clone();
        Ok(())
    }

    async fn next(&mut self, out: &mut Self::Out) -> Result<Next, SpoutError> {
        let Some((time, numbers)) = self.steps.next() else {
            self.clock.sleep_until(at(self.end)).await;
            return Ok(Next::End);
        };
        self.clock.sleep_until(at(time)).await;
        out.cover(self.receipts.token(numbers.len()));
        for number in numbers {
            out.emit(number);
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<(), SpoutError> {
        while let Some(receipt) = self.receipts.try_next() {
            assert!(receipt.outcome.is_ok());
            self.safe.lock().unwrap().push(receipt.id);
        }
        Ok(())
    }
}

/// What arrived, and when.
type Arrived<T> = Arc<Mutex<Vec<(i64, T)>>>;

struct Recorder<T> {
    arrived: Arrived<T>,
    fail_once: Arc<AtomicBool>,
}

impl<T: Clone + Tuple> Bolt<T> for Recorder<T> {
    type Out = NoOutput;

    async fn execute(&mut self, tuple: &T, out: &mut NoOutput) -> Result<(), BoltError> {
        if self.fail_once.swap(false, Ordering::Relaxed) {
            return Err(BoltError::retry("the store is away"));
        }
        self.arrived.lock().unwrap().push((out.now().as_millis(), tuple.clone()));
        Ok(())
    }
}

/// What a run has shown.
struct Run<T> {
    arrived: Vec<(i64, T)>,
    report: RunReport,
    safe: usize,
}

struct Case {
    steps: Vec<(i64, Vec<u64>)>,
    end: i64,
    fail_once: bool,
}

impl Case {
    fn new(steps: Vec<(i64, Vec<u64>)>, end: i64) -> Self {
        Self { steps, end, fail_once: false }
    }

    async fn run<B, T>(self, window: impl Fn() -> B + Send + Sync + 'static) -> Run<T>
    where
        B: Bolt<u64, Out = Emitter<T>>,
        T: Tuple + Clone,
    {
        let (arrived, safe) = (Arrived::<T>::default(), Arc::new(Mutex::new(Vec::new())));
        let clock = Clock::starting_at(at(0));
        let mut topology = TopologyBuilder::new("windows").clock(clock.clone()).max_pending(16).batch(8);
        let (steps, end, told) = (self.steps, self.end, Arc::clone(&safe));
        let numbers = topology.spout("numbers", move || Script {
            steps: steps.clone().into_iter(),
            end,
            clock: clock.clone(),
            receipts: Receipts::new(),
            safe: Arc::clone(&told),
        });
        let results = topology.bolt("window", window).global(&numbers);
        let (log, fail_once) = (Arc::clone(&arrived), Arc::new(AtomicBool::new(self.fail_once)));
        let _ = topology
            .bolt("record", move || Recorder { arrived: Arc::clone(&log), fail_once: Arc::clone(&fail_once) })
            .global(&results);
        let report = topology.build().unwrap().run().await.unwrap();
        let (arrived, safe) = (arrived.lock().unwrap().clone(), safe.lock().unwrap().iter().sum());
        Run { arrived, report, safe }
    }
}

fn half_minutes() -> WindowSpec {
    WindowSpec::tumbling(Duration::from_secs(30)).unwrap()
}

fn counting() -> impl Bolt<u64, Out = Emitter<WindowCount<u64>>> {
    WindowedCount::<u64, u64>::of(half_minutes())
}

/// When it arrived, the start of its window, its key, its count, whether it was cut short.
fn rows(run: &Run<WindowCount<u64>>) -> Vec<(i64, i64, u64, u64, bool)> {
    let row = |(time, result): &(i64, WindowCount<u64>)| {
        let WindowCount { window, key, count } = result;
        (*time, window.start.as_millis(), *key, *count, window.cut_short)
    };
    run.arrived.iter().map(row).collect()
}

#[tokio::test(start_paused = true)]
async fn a_window_closes_by_its_timer_though_nothing_arrives() {
    let run = Case::new(vec![(1_000, vec![7, 7])], 100_000).run(counting).await;
    assert_eq!(rows(&run), [(30_000, 0, 7, 2, false)]);
    assert_eq!(run.safe, 2);
}

#[tokio::test(start_paused = true)]
async fn orders_at_29_999_and_30_000_are_counted_apart() {
    let steps = vec![(29_999, vec![7]), (30_000, vec![7])];
    let run = Case::new(steps, 100_000).run(counting).await;
    let windows: Vec<_> =
        rows(&run).into_iter().map(|(_, start, key, count, _)| (start, key, count)).collect();
    assert_eq!(windows, [(0, 7, 1), (30_000, 7, 1)]);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_open_windows_are_given_cut_short_and_everything_is_safe() {
    let run = Case::new(vec![(1_000, vec![7])], 2_000).run(counting).await;
    let cut: Vec<_> =
        rows(&run).into_iter().map(|(_, start, key, count, cut)| (start, key, count, cut)).collect();
    assert_eq!(cut, [(0, 7, 1, true)]);
    assert!(run.report.unsettled.is_empty());
    assert_eq!(run.safe, 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_window_holds_does_not_hold_up_what_follows() {
    // Far more than `max_pending`, all within one window.
    let steps = (0..100).map(|step| (step, vec![1, 2, 3])).collect();
    let run = Case::new(steps, 100_000).run(counting).await;
    let mut counts: Vec<_> =
        rows(&run).into_iter().map(|(_, start, key, count, _)| (start, key, count)).collect();
    counts.sort_unstable();
    assert_eq!(counts, [(0, 1, 100), (0, 2, 100), (0, 3, 100)]);
    assert_eq!(run.safe, 300);
}

#[tokio::test(start_paused = true)]
async fn a_full_window_takes_no_more_until_it_closes_and_nothing_is_lost() {
    let steps = (0..100).map(|step| (step, vec![5])).collect();
    let run =
        Case::new(steps, 3_000_000).run(|| WindowedCount::<u64, u64>::of(half_minutes()).max_kept(10)).await;
    let counts: Vec<_> = rows(&run).into_iter().map(|(.., count, _)| count).collect();
    assert_eq!(counts.iter().sum::<u64>(), 100);
    assert!(counts.iter().all(|count| *count < 10 + 8), "limit and a batch: {counts:?}");
    assert_eq!(run.safe, 100);
}

#[tokio::test(start_paused = true)]
async fn a_window_of_more_keys_than_a_call_may_emit_at_once_is_given_whole() {
    let steps = (0..100).map(|step| (1, (step * 10..step * 10 + 10).collect())).collect();
    let run = Case::new(steps, 100_000).run(counting).await;
    // Batches hold 8 tuples here, and a call may leave 64 of them without waiting.
    let mut keys: Vec<_> = rows(&run).into_iter().map(|(_, _, key, _, _)| key).collect();
    keys.sort_unstable();
    assert_eq!(keys, (0..1_000).collect::<Vec<_>>());
    assert_eq!(run.safe, 1_000);
}

#[tokio::test(start_paused = true)]
async fn tuples_of_a_result_that_fails_are_replayed_into_the_window_open_then() {
    let case = Case { fail_once: true, ..Case::new(vec![(1_000, vec![7])], 100_000) };
    let run = case.run(counting).await;
    let windows: Vec<_> =
        rows(&run).into_iter().map(|(_, start, key, count, _)| (start, key, count)).collect();
    assert_eq!(windows, [(30_000, 7, 1)]);
    assert_eq!(run.safe, 1);
}

#[tokio::test(start_paused = true)]
async fn all_counts_of_a_sliding_window_come_in_one_tuple() {
    let spec = WindowSpec::sliding(Duration::from_secs(20), Duration::from_secs(10)).unwrap();
    let steps = vec![(5_000, vec![1, 1]), (15_000, vec![2])];
    let bolt = move || WindowBolt::<u64, CountByKey<u64>>::aggregate(spec);
    let run: Run<WindowResult<CountByKey<u64>>> = Case::new(steps, 100_000).run(bolt).await;
    let maps: Vec<(i64, BTreeMap<u64, u64>)> =
        run.arrived.into_iter().map(|(time, result)| (time, result.contents.into_iter().collect())).collect();
    let expected = [(10_000, vec![(1, 2)]), (20_000, vec![(1, 2), (2, 1)]), (30_000, vec![(2, 1)])];
    assert_eq!(maps, expected.map(|(time, counts)| (time, counts.into_iter().collect())));
    assert_eq!(run.safe, 3);
}

#[tokio::test(start_paused = true)]
async fn a_count_window_closes_with_its_last_tuple() {
    let spec = WindowSpec::tumbling_count(3).unwrap();
    let steps = vec![(1_000, vec![1, 2, 3, 4])];
    let bolt = move || WindowedCount::by(spec, |_: &u64| "all");
    let run: Run<WindowCount<&str, u64>> = Case::new(steps, 2_000).run(bolt).await;
    let windows: Vec<_> = run
        .arrived
        .iter()
        .map(|(_, r)| (r.window.start, r.window.end, r.count, r.window.cut_short))
        .collect();
    assert_eq!(windows, [(0, 3, 3, false), (3, 6, 1, true)]);
    assert_eq!(run.safe, 4);
}
