use std::fs;
use std::path::Path;
use std::time::Duration;

use coffee_orders::generator::{Generator, GeneratorSettings, LOG_FILE, ORDERS_FILE};
use coffee_orders::order::Order;
use coffee_orders::statistics::{Dimension, Statistics, Totals};
use flowcore::base::{Clock, TaskEnd, TaskSet};

async fn open(dir: &Path, rate: f64, orders: Option<u64>) -> Generator {
    let settings = GeneratorSettings { rate, orders, seed: Some(42) };
    Generator::open(dir, settings, Clock::system()).await.unwrap()
}

async fn generate(dir: &Path, rate: f64, orders: u64) -> Totals {
    open(dir, rate, Some(orders)).await.run(std::future::pending()).await.unwrap()
}

fn read(dir: &Path, file: &str) -> String {
    fs::read_to_string(dir.join(file)).unwrap()
}

fn counted(lines: &str) -> Statistics {
    let mut statistics = Statistics::default();
    lines.lines().for_each(|line| statistics.count(&Order::parse(line.as_bytes()).unwrap()).unwrap());
    statistics
}

fn assert_near(what: &str, value: f64, expected: f64, within: f64) {
    assert!((value - expected).abs() <= within, "{what}: {value}, not {expected} +- {within}");
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
#[tokio::test]
async fn ten_thousand_orders_are_even_in_every_field_and_none_is_lost_in_counting() {
    let dir = tempfile::tempdir().unwrap();
    let totals = generate(dir.path(), 1e9, 10_000).await;
    let statistics = counted(&read(dir.path(), ORDERS_FILE));
    statistics.check().unwrap();
    assert_eq!((statistics.orders(), statistics.cups()), (10_000, totals.cups));
    let log = read(dir.path(), LOG_FILE);
    assert_eq!(log.lines().last().unwrap(), format!("row : 10000, count : {}", totals.cups));

    let grades = statistics.counts("all", Dimension::CustomerAgeGrades);
    assert_eq!(grades.len(), 10);
    for (grade, &count) in &grades {
        assert_near(grade, count as f64, 1000.0, 120.0);
    }
    let payments = statistics.counts("all", Dimension::PaymentMethods);
    assert_eq!(payments.len(), 3);
    for (payment, &count) in &payments {
        assert_near(payment, count as f64, 3333.0, 190.0);
    }
    assert_near("cups", statistics.cups() as f64 / 10_000.0, 5.5, 0.12);
    let types = statistics.counts("all", Dimension::Orders);
    assert_eq!(types.len(), 9);
    for (name, &count) in &types {
        assert_near(name, count as f64, 6111.0, 400.0);
    }

    let branches = statistics.branches();
    assert_eq!(branches, ["all", "jeongja", "migeum", "seohyeon", "sunae"]);
    for branch in &branches[1..] {
        let sum: u64 = statistics.counts(branch, Dimension::PaymentMethods).values().sum();
        assert_near(branch, sum as f64, 2500.0, 175.0);
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_orders_are_written_as_the_rate_says_and_each_is_logged() {
    for (rate, seconds, expected) in
        [(40.0, 30, 1201), (0.5, 7, 4), (1.0 / 3.0, 3000, 1001), (2500.0, 4, 10_001)]
    {
        let dir = tempfile::tempdir().unwrap();
        let (mut generator, clock) = (open(dir.path(), rate, None).await, Clock::system());
        // A moment more, so that the order that is due at the very end is in.
        let stop = clock.sleep(Duration::from_secs(seconds) + Duration::from_micros(100));
        let totals = generator.run(stop).await.unwrap();
        assert_eq!(totals.orders, expected, "{rate}/s for {seconds} s");
        assert_eq!(read(dir.path(), ORDERS_FILE).lines().count() as u64, expected);
        if rate <= 40.0 {
            assert_eq!(read(dir.path(), LOG_FILE).lines().count() as u64, expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_killed_anywhere_goes_on_to_what_an_uninterrupted_one_writes() {
    let whole = tempfile::tempdir().unwrap();
    let totals = generate(whole.path(), 1e6, 60).await;
    let text = read(whole.path(), ORDERS_FILE);
    let log = format!("row : 60, count : {}", totals.cups);
    for cut in (0..text.len()).step_by(37) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(ORDERS_FILE), &text[..cut]).unwrap();
        fs::write(dir.path().join(LOG_FILE), "row : 1, count : 5\nrow : ").unwrap();
        assert_eq!(generate(dir.path(), 1000.0, 60).await, totals, "cut at {cut}");
        assert_eq!(read(dir.path(), ORDERS_FILE), text, "cut at {cut}");
        assert_eq!(read(dir.path(), LOG_FILE).lines().last().unwrap(), log);
    }
    // All are there: nothing is added, neither order nor log.
    let logged = read(whole.path(), LOG_FILE);
    assert_eq!(generate(whole.path(), 40.0, 60).await, totals);
    assert_eq!((read(whole.path(), ORDERS_FILE), read(whole.path(), LOG_FILE)), (text, logged));
}

#[tokio::test]
async fn lines_of_others_count_as_rows_without_cups() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(ORDERS_FILE), b"no order\n\xff\n").unwrap();
    let generator = open(dir.path(), 40.0, None).await;
    assert_eq!(*generator.totals().borrow(), Totals { orders: 2, cups: 0 });
}

#[tokio::test]
async fn what_it_cannot_do_is_an_error_that_names_the_value_or_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let settings = GeneratorSettings { rate: 0.0, ..GeneratorSettings::default() };
    let error = Generator::open(dir.path(), settings, Clock::system()).await.unwrap_err();
    assert_eq!(error.to_string(), "a rate of 0 orders a second: use a number above 0");
    let path = dir.path().join(ORDERS_FILE);
    fs::create_dir(&path).unwrap();
    let error = Generator::open(dir.path(), GeneratorSettings::default(), Clock::system()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot open {}", path.display()));
}

#[tokio::test(start_paused = true)]
async fn it_runs_as_a_task_that_others_watch_and_ends_when_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut generator = open(dir.path(), 10.0, None).await;
    let mut totals = generator.totals();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut tasks = TaskSet::new();
    tasks.spawn("generator", async move { generator.run(async { drop(stopped.await) }).await.unwrap() });
    totals.wait_for(|totals| totals.orders == 25).await.unwrap();
    stop.send(()).unwrap();
    let (_, end) = tasks.next().await.unwrap();
    assert!(matches!(end, TaskEnd::Done(Totals { orders: 25, .. })), "{end:?}");
    assert_eq!(read(dir.path(), ORDERS_FILE).lines().count(), 25);
}
