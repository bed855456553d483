//! The program killed with -9 at any moment: every order is counted exactly once.

use std::fs;
use std::time::Duration;

use coffee_orders::generator::{LOG_FILE, ORDERS_FILE, SplitMix, random_order};

use super::program::{Form, Home, Program, pause, wait_for};
use super::program_count::{Counted, assert_conserved, log_totals};
use super::redis_server::RedisServer;

const SEED: u64 = 20_140_928;
/// About as long as an order, in bytes; longer than a mistake.
const ORDER: u64 = 150;
const BAD: [&str; 5] = [
    "nonsense\n",
    "\n",
    "{\"branch\":\"sunae\",\"paymentMethod\":\"Cash\",\"orders\":[\"Americano\"]}\n",
    "{\"customerAgeGrade\":\"1020\",\"paymentMethod\":\"Cash\",\"orders\":[]}\n",
    "{\"customerAgeGrade\":1020,\"paymentMethod\":\"Cash\",\"orders\":[\"Americano\"]}\n",
];

fn millis(random: &mut SplitMix, from: u64, to: u64) -> Duration {
    Duration::from_millis(from + random.below(to - from))
}

/// Kills it some time after its start; now and then while it ends in order.
async fn kill_somewhere(program: Program, random: &mut SplitMix, (shortest, longest): (u64, u64)) {
    pause(millis(random, shortest, longest)).await;
    if random.below(4) == 0 {
        program.interrupt();
        pause(millis(random, 0, 60)).await;
    }
    program.kill();
}

fn assert_counted_once(home: &Home) -> Counted {
    let document = home.dump();
    assert_conserved(&document, 1);
    let (stored, expected) = (Counted::of_document(&document), Counted::of_file(&home.orders()));
    assert_eq!(stored, expected);
    stored
}

/// Kills the program that writes its own orders, `kills` times.
async fn kill_often(form: Form, kills: u32) {
    println!("seed {SEED}");
    let (mut random, home) = (SplitMix::new(SEED), Home::new(form));
    let size = || fs::metadata(home.file(ORDERS_FILE)).map_or(0, |file| file.len());
    let mut bad = 0_usize;
    for number in 0..kills {
        let written = size();
        let program = home.start(&["--rate", "3000", "--seed", "9", "--bucket", "1s"]);
        if random.below(3) == 0 {
            // Somebody else's mistake in the same file.
            pause(millis(&mut random, 0, 50)).await;
            home.append(BAD[bad % BAD.len()]);
            bad += 1;
        }
        // The first starts make the folder and the store, and may be over before.
        if number >= 12 {
            let most = if random.below(8) == 0 { 3_000 } else { 300 };
            let orders = 1 + random.below(most);
            wait_for("orders of this life", || (size() > written + orders * ORDER).then_some(())).await;
        }
        kill_somewhere(program, &mut random, (0, 40)).await;
    }
    let lines = home.lines() + 500;
    let orders = lines.to_string();
    let last = ["--rate", "3000", "--seed", "9", "--bucket", "1s", "--orders", &orders, "--exit"];
    home.start(&last).succeeds().await;

    let stored = assert_counted_once(&home);
    assert_eq!((stored.orders, stored.rejected.len()), ((lines - bad) as u64, bad));
    let (rows, cups) = log_totals(&fs::read_to_string(home.file(LOG_FILE)).unwrap());
    assert_eq!((rows, cups), (stored.orders + stored.rejected.len() as u64, stored.cups));
}

#[tokio::test]
async fn every_order_is_counted_once_however_often_the_program_is_killed() {
    kill_often(Form::Embedded, 100).await;
}

/// Another program's file: it writes in pieces, badly, and while nobody runs.
async fn kill_beside_a_writer(form: Form, kills: u32) {
    println!("seed {SEED}");
    let (mut random, home) = (SplitMix::new(SEED), Home::new(form));
    let (mut written, mut bad) = (0, 0_usize);
    for _ in 0..kills {
        let program = home.start(&["--no-generate", "--bucket", "1s"]);
        for _ in 0..random.below(12) {
            write_some(&home, &mut random, &mut written, &mut bad).await;
        }
        kill_somewhere(program, &mut random, (20, 300)).await;
        write_some(&home, &mut random, &mut written, &mut bad).await;
    }
    home.start(&["--no-generate", "--bucket", "1s", "--exit"]).succeeds().await;
    let stored = assert_counted_once(&home);
    assert_eq!((stored.orders, stored.rejected.len()), (written, bad));
    assert!(stored.orders > 100 && bad > 10, "{stored:?}");
}

/// A line or some, and now and then in two writes with time between them.
async fn write_some(home: &Home, random: &mut SplitMix, written: &mut u64, bad: &mut usize) {
    let mut text = String::new();
    for _ in 0..=random.below(4) {
        text += &random_order(SEED, *written);
        text.push('\n');
        *written += 1;
    }
    if random.below(3) == 0 {
        text += BAD[*bad % BAD.len()];
        *bad += 1;
    }
    let torn = usize::try_from(random.below(text.len() as u64)).unwrap();
    home.append(&text[..torn]);
    pause(millis(random, 0, 20)).await;
    home.append(&text[torn..]);
}

#[tokio::test]
async fn a_writer_of_torn_and_bad_lines_and_kills_leave_every_line_counted_or_rejected_once() {
    kill_beside_a_writer(Form::Embedded, 30).await;
}

#[tokio::test]
async fn with_a_redis_every_order_is_counted_once_however_often_the_program_is_killed() {
    let server = RedisServer::start().await;
    kill_often(server.form(), 100).await;
}

#[tokio::test]
async fn with_a_redis_a_writer_of_torn_and_bad_lines_and_kills_leave_every_line_counted_or_rejected_once() {
    let server = RedisServer::start().await;
    kill_beside_a_writer(server.form(), 30).await;
}
