//! What others do to the program: cut off its input, take its server away.

use std::fs;
use std::time::Duration;

use coffee_orders::generator::{ORDERS_FILE, SplitMix, random_order};

use super::acceptance::shows;
use super::program::{Form, Home, append, pause};
use super::program_count::{Counted, assert_conserved};
use super::redis_server::RedisServer;

const SEED: u64 = 77;

/// Lines from the `from`th to before the `to`th of one endless file.
fn lines(from: u64, to: u64) -> String {
    (from..to).map(|n| random_order(SEED, n) + "\n").collect()
}

/// Everything that was ever written is counted, wherever it stood.
fn assert_all_counted(home: &Home, orders: u64) {
    let document = home.dump();
    assert_conserved(&document, 1);
    assert_eq!(Counted::of_document(&document), Counted::of_file(lines(0, orders).as_bytes()));
}

/// Somebody's way to begin the file anew.
type Renewal = fn(&Home, &str);

fn truncate_in_place(home: &Home, text: &str) {
    fs::create_dir_all(home.dir()).unwrap();
    fs::write(home.file(ORDERS_FILE), text).unwrap();
}

fn replace_by_rename(home: &Home, text: &str) {
    fs::write(home.outside("new"), text).unwrap();
    fs::rename(home.outside("new"), home.file(ORDERS_FILE)).unwrap();
}

fn remove_and_create(home: &Home, text: &str) {
    fs::remove_file(home.file(ORDERS_FILE)).unwrap();
    fs::write(home.file(ORDERS_FILE), text).unwrap();
}

fn rotate_away(home: &Home, text: &str) {
    fs::rename(home.file(ORDERS_FILE), home.file("CoffeeOrders.txt.1")).unwrap();
    fs::write(home.file(ORDERS_FILE), text).unwrap();
}

async fn renew_while_it_runs(form: Form, renew: Renewal) {
    let home = Home::new(form);
    home.append(lines(0, 40));
    let mut program = home.start(&["--no-generate", "--bucket", "1s"]);
    shows(&mut program, 40).await;
    // Shorter than before, as long as before, and longer.
    for (from, to) in [(40, 50), (50, 60), (60, 130)] {
        renew(&home, &lines(from, to));
        shows(&mut program, to).await;
    }
    program.stop().await;
    assert_all_counted(&home, 130);
    // The next start has read all of it.
    home.start(&["--no-generate", "--bucket", "1s", "--exit"]).succeeds().await;
    assert_all_counted(&home, 130);
}

#[tokio::test]
async fn a_file_that_is_cut_off_and_written_again_is_counted_from_its_start() {
    renew_while_it_runs(Form::Embedded, truncate_in_place).await;
}

#[tokio::test]
async fn a_file_that_is_replaced_is_counted_from_its_start() {
    renew_while_it_runs(Form::Embedded, replace_by_rename).await;
}

#[tokio::test]
async fn a_file_that_is_removed_and_made_anew_is_counted_from_its_start() {
    renew_while_it_runs(Form::Embedded, remove_and_create).await;
}

#[tokio::test]
async fn a_file_that_is_rotated_away_is_followed_by_the_new_one() {
    renew_while_it_runs(Form::Embedded, rotate_away).await;
}

#[tokio::test]
async fn with_a_redis_a_file_that_is_cut_off_and_written_again_is_counted_from_its_start() {
    let server = RedisServer::start().await;
    renew_while_it_runs(server.form(), truncate_in_place).await;
}

#[tokio::test]
async fn a_file_that_was_cut_off_while_nobody_ran_is_counted_from_its_start() {
    let home = Home::new(Form::Embedded);
    let mut written = 0;
    for round in 0..6 {
        let more = 20 + round * 7;
        truncate_in_place(&home, &lines(written, written + more));
        written += more;
        home.start(&["--no-generate", "--bucket", "1s", "--exit"]).succeeds().await;
        assert_all_counted(&home, written);
    }
}

/// The lines before a cut-off are counted before it; a kill may come at any moment before and after.
#[tokio::test]
async fn kills_around_cut_offs_leave_every_line_counted_once() {
    println!("seed {SEED}");
    let (mut random, home) = (SplitMix::new(SEED), Home::new(Form::Embedded));
    let mut written = 0;
    for _ in 0..12 {
        let more = 1 + random.below(60);
        truncate_in_place(&home, &lines(written, written + more));
        written += more;
        for _ in 0..random.below(3) {
            let program = home.start(&["--no-generate", "--bucket", "1s"]);
            pause(Duration::from_millis(random.below(300))).await;
            program.kill();
            append(&home.file(ORDERS_FILE), lines(written, written + 5).as_bytes());
            written += 5;
        }
        home.start(&["--no-generate", "--bucket", "1s", "--exit"]).succeeds().await;
        assert_all_counted(&home, written);
    }
}

#[tokio::test]
async fn a_kill_right_after_a_cut_off_costs_and_doubles_no_line() {
    let home = Home::new(Form::Embedded);
    let mut written = 0;
    for round in 0..4 {
        let mut program = home.start(&["--no-generate", "--bucket", "1s"]);
        program.page().await;
        truncate_in_place(&home, &lines(written, written + 30 + round));
        written += 30 + round;
        shows(&mut program, written).await;
        program.kill();
        // Only what is stored may be cut off.
        home.start(&["--no-generate", "--bucket", "1s", "--exit"]).succeeds().await;
        assert_all_counted(&home, written);
    }
}

#[tokio::test]
async fn with_a_redis_ctrl_c_counts_all_that_was_generated() {
    let server = RedisServer::start().await;
    let home = Home::new(server.form());
    for _ in 0..5 {
        let mut program = home.start(&["--rate", "3000", "--seed", "7", "--bucket", "1h"]);
        program.page().await;
        pause(Duration::from_millis(400)).await;
        program.stop().await;
        assert_eq!(Counted::of_document(&home.dump()), Counted::of_file(&home.orders()));
    }
}

#[tokio::test]
async fn a_redis_that_is_killed_and_away_for_seconds_costs_no_order() {
    println!("seed {SEED}");
    let mut random = SplitMix::new(SEED);
    let mut server = RedisServer::start().await;
    let home = Home::new(server.form());
    let mut program = home.start(&["--rate", "500", "--seed", "7", "--bucket", "1s"]);
    program.page().await;
    for away in [100, 3_000, 400, 1_000] {
        pause(Duration::from_millis(200 + random.below(1_000))).await;
        server.kill();
        pause(Duration::from_millis(away)).await;
        server.start_again().await;
    }
    assert!(!program.has_ended(), "{}", program.complained());
    let said = program.stop().await;
    let document = home.dump();
    assert_conserved(&document, 1);
    let stored = Counted::of_document(&document);
    assert_eq!(stored, Counted::of_file(&home.orders()));
    assert!(said.contains(&format!("counted and stored {} orders", stored.orders)), "{said}");
}
