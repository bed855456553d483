//! What the program promises, sentence by sentence, on the program itself.

use std::fs;
use std::time::Duration;

use coffee_orders::bucket::Bucketing;
use coffee_orders::generator::{LOG_FILE, random_order};
use flowcore::base::Clock;
use serde_json::{Value, json};

use super::program::{Form, Home, Program, pause, stopwatch, wait_for};
use super::program_count::{AGE, CUPS, Counted, PAYMENT, assert_conserved, log_totals};
use super::redis_server::RedisServer;
use super::web_board::get;

const SEEDED: [&str; 2] = ["--seed", "7"];

/// A line of one order of one cup.
pub(crate) fn order(branch: &str, grade: &str) -> String {
    format!(
        "{{\"branch\":\"{branch}\",\"customerAgeGrade\":\"{grade}\",\"paymentMethod\":\"Cash\",\"orders\":[\"Americano\"]}}\n"
    )
}

/// What the page would show: the last buckets of a branch, oldest first.
async fn history(program: &mut Program, branch: &str, dimension: &str, count: usize) -> Vec<Value> {
    let path = format!("/api/statistics?branch={branch}&type={dimension}&count={count}");
    let answer = get(program.page().await, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let packet: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(packet["header"], "RESPONSE_STATISTICS_HISTORY");
    packet["body"].as_array().unwrap().clone()
}

fn total(bucket: &Value) -> u64 {
    bucket["counts"].as_array().unwrap().iter().map(|count| count["count"].as_u64().unwrap()).sum()
}

/// Waits until the page shows so many orders in its last sixty buckets.
pub(crate) async fn shows(program: &mut Program, orders: u64) {
    let watch = stopwatch();
    loop {
        let shown: u64 = history(program, "all", AGE, 60).await.iter().map(total).sum();
        if shown == orders {
            return;
        }
        assert!(watch.elapsed() < Duration::from_mins(1), "{shown} orders are shown, not {orders}");
        pause(Duration::from_millis(10)).await;
    }
}

/// The data of the tutorial, where it is, is checked by the tests of `replay`.
#[tokio::test]
async fn orders_of_a_file_that_somebody_else_wrote_are_counted_and_the_program_ends() {
    let home = Home::new(Form::Embedded);
    home.append((0..100).map(|n| random_order(1, n) + "\n").collect::<String>());
    let said = home.start(&["--no-generate", "--exit"]).succeeds().await;
    let document = home.dump();
    assert_conserved(&document, 30);
    let counted = Counted::of_document(&document);
    assert_eq!(counted, Counted::of_file(&home.orders()));
    assert!(
        said.contains(&format!("counted 100 orders, {} cups; 0 lines rejected\n", counted.cups)),
        "{said}"
    );
    assert!(!home.file(LOG_FILE).exists(), "nobody generated");
}

#[tokio::test]
async fn ten_thousand_orders_are_spread_evenly_and_none_is_lost() {
    let home = Home::new(Form::Embedded);
    let mut arguments = vec!["--rate", "20000", "--orders", "10000", "--exit"];
    arguments.extend(SEEDED);
    let said = home.start(&arguments).succeeds().await;
    let document = home.dump();
    assert_conserved(&document, 30);
    let counted = Counted::of_document(&document);
    assert_eq!(counted, Counted::of_file(&home.orders()));
    assert_eq!(log_totals(&fs::read_to_string(home.file(LOG_FILE)).unwrap()), (10_000, counted.cups));
    assert!(
        said.contains(&format!("the file of orders has 10000 orders, {} cups\n", counted.cups)),
        "{said}"
    );

    let sums = |branch: &str, dimension: &str| &counted.sums[&(branch.to_owned(), dimension.to_owned())];
    let (ages, payments) = (sums("all", AGE), sums("all", PAYMENT));
    assert_eq!((ages.len(), payments.len(), sums("all", CUPS).len()), (10, 3, 9));
    assert!(ages.values().all(|count| count.abs_diff(1_000) <= 120), "{ages:?}");
    assert!(payments.values().all(|count| count.abs_diff(3_333) <= 190), "{payments:?}");
    assert!(counted.cups.abs_diff(55_000) <= 1_200, "{} cups", counted.cups);
    for branch in ["jeongja", "seohyeon", "sunae", "migeum"] {
        let orders: u64 = sums(branch, AGE).values().sum();
        // Four times sqrt(10,000 * 1/4 * 3/4).
        assert!(orders.abs_diff(2_500) <= 174, "{branch}: {orders}");
    }
}

async fn kill_in_the_middle(form: Form) {
    let home = Home::new(form);
    let arguments = ["--rate", "4000", "--orders", "10000", "--seed", "7", "--exit"];
    let program = home.start(&arguments);
    wait_for("half of the orders", || (home.lines() >= 5_000).then_some(())).await;
    program.kill();
    home.start(&arguments).succeeds().await;
    let document = home.dump();
    assert_conserved(&document, 30);
    let counted = Counted::of_document(&document);
    assert_eq!(counted, Counted::of_file(&home.orders()));
    assert_eq!((counted.orders, counted.rejected.len()), (10_000, 0));
    assert_eq!(log_totals(&fs::read_to_string(home.file(LOG_FILE)).unwrap()), (10_000, counted.cups));
}

#[tokio::test]
async fn a_program_killed_in_the_middle_of_ten_thousand_orders_counts_each_once_after_the_next_start() {
    kill_in_the_middle(Form::Embedded).await;
}

#[tokio::test]
async fn with_a_redis_too_a_kill_in_the_middle_of_ten_thousand_orders_costs_none() {
    let server = RedisServer::start().await;
    kill_in_the_middle(server.form()).await;
}

/// With buckets of a second; with those of thirty, the topology is asked in virtual time.
async fn fall_silent(form: Form) {
    let home = Home::new(form);
    home.append(order("sunae", "2030"));
    // On a machine that has much else to do it comes later.
    for seconds in [2, 4, 8, 16] {
        let mut program = home.start(&["--no-generate", "--bucket", "1s"]);
        shows(&mut program, 1).await;
        pause(Duration::from_millis(500 + 1_000 * seconds)).await;
        // What a killed program leaves is what it has stored.
        program.kill();
        let counted = Counted::of_document(&home.dump());
        if counted.orders == 1 {
            let expected = [("2030".to_owned(), 1)].into();
            assert_eq!(counted.sums[&("sunae".to_owned(), AGE.to_owned())], expected);
            return;
        }
    }
    panic!("it is never stored");
}

#[tokio::test]
async fn a_branch_that_falls_silent_has_its_last_bucket_stored() {
    fall_silent(Form::Embedded).await;
}

#[tokio::test]
async fn with_a_redis_too_a_branch_that_falls_silent_has_its_last_bucket_stored() {
    let server = RedisServer::start().await;
    fall_silent(server.form()).await;
}

#[tokio::test]
async fn history_is_twenty_entries_oldest_first_with_gaps_empty() {
    history_of_twenty(Form::Embedded).await;
}

#[tokio::test]
async fn with_a_redis_too_history_is_twenty_entries_oldest_first_with_gaps_empty() {
    let server = RedisServer::start().await;
    history_of_twenty(server.form()).await;
}

async fn history_of_twenty(form: Form) {
    let home = Home::new(form);
    let mut program = home.start(&["--no-generate", "--bucket", "1s"]);
    program.page().await;
    home.append(order("jeongja", "0010"));
    shows(&mut program, 1).await;
    pause(Duration::from_millis(2_200)).await;
    home.append(order("jeongja", "8090"));
    shows(&mut program, 2).await;
    let asked = Clock::system().now();
    let entries = history(&mut program, "jeongja", AGE, 20).await;
    assert_eq!(entries.len(), 20);
    let bucketing = Bucketing::new(Duration::from_secs(1), "UTC").unwrap();
    let starts = entries.iter().map(|entry| {
        assert_eq!((&entry["branch"], &entry["type"]), (&json!("jeongja"), &json!(AGE)));
        bucketing.parse(entry["date"].as_str().unwrap().parse().unwrap()).unwrap()
    });
    let starts: Vec<_> = starts.collect();
    assert!(starts.is_sorted_by(|one, next| *one + Duration::from_secs(1) == *next), "{starts:?}");
    // The last one is that of the moment when it was answered.
    assert!(
        (asked.floor(Duration::from_secs(1))..=Clock::system().now()).contains(&starts[19]),
        "{starts:?}"
    );
    let filled: Vec<&Value> =
        entries.iter().map(|entry| &entry["counts"]).filter(|c| **c != json!([])).collect();
    assert_eq!(filled, [&json!([{"type": "0010", "count": 1}]), &json!([{"type": "8090", "count": 1}])]);
    assert!(history(&mut program, "migeum", AGE, 20).await.iter().all(|entry| entry["counts"] == json!([])));

    // A restart changes nothing of what was.
    program.stop().await;
    let mut program = home.start(&["--no-generate", "--bucket", "1s"]);
    let again = history(&mut program, "jeongja", AGE, 200).await;
    let filled = |entries: &[Value]| -> Vec<Value> {
        entries.iter().filter(|entry| entry["counts"] != json!([])).cloned().collect()
    };
    assert_eq!(filled(&again), filled(&entries));
}

#[tokio::test]
async fn ctrl_c_drains_and_the_next_start_goes_on_in_the_same_bucket() {
    let home = Home::new(Form::Embedded);
    let hour = Bucketing::new(Duration::from_hours(1), "UTC").unwrap();
    let began = hour.name(Clock::system().now()).unwrap();
    let arguments = ["--rate", "2000", "--seed", "7", "--bucket", "1h"];
    let mut orders = 0;
    for _ in 0..3 {
        let mut program = home.start(&arguments);
        program.page().await;
        wait_for("more orders", || (Counted::of_file(&home.orders()).orders >= orders + 300).then_some(()))
            .await;
        let said = program.stop().await;
        let expected = Counted::of_file(&home.orders());
        let Counted { cups, .. } = expected;
        orders = expected.orders;
        let counted = format!("counted {orders} orders, {cups} cups; 0 lines rejected\n");
        assert!(said.contains(&counted), "{said}");
        assert!(said.contains(&format!("the file of orders has {orders} orders, {cups} cups\n")), "{said}");
        assert!(said.contains("in flight 0"), "{said}");
        let document = home.dump();
        assert_eq!(Counted::of_document(&document), expected);
        let buckets = document["buckets"].as_array().unwrap();
        if hour.name(Clock::system().now()).unwrap() == began {
            assert!(buckets.iter().all(|bucket| bucket["bucket"] == json!(began)), "more than one bucket");
        }
    }
    // The next start's page has the bucket as it is, before any new order.
    let mut program = home.start(&["--no-generate", "--bucket", "1h"]);
    shows(&mut program, orders).await;
}

#[tokio::test]
async fn the_open_bucket_after_a_restart_shows_what_was_counted_before_and_since() {
    let home = Home::new(Form::Embedded);
    for orders in 1..=4 {
        let mut program = home.start(&["--no-generate", "--bucket", "1h"]);
        home.append(order("migeum", "4050"));
        shows(&mut program, orders).await;
        program.stop().await;
    }
    assert_eq!(Counted::of_document(&home.dump()).orders, 4);
}

#[tokio::test]
async fn a_stop_signal_of_the_system_is_as_good_as_ctrl_c() {
    let home = Home::new(Form::Embedded);
    let mut program = home.start(&["--no-generate"]);
    program.page().await;
    home.append(order("migeum", "4050"));
    shows(&mut program, 1).await;
    program.terminate();
    let said = program.succeeds().await;
    assert!(said.contains("counted 1 orders, 1 cups"), "{said}");
    assert_eq!(Counted::of_document(&home.dump()).orders, 1);
}
