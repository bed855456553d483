//! What the benches compare with, each as its own users would write it, none of it with any guarantee.
//!
//! `flowcore-bench-peers NAME SIZE` runs one of them once and prints `VALUE UNIT of WORK`.

mod column;
#[path = "../../src/order.rs"]
mod order;
mod renoir_event_time;
mod renoir_words;
mod timely_columnar;
mod timely_hop;
mod timely_words;

use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The sentences of word counts.
pub const SENTENCES: [&str; 5] = [
    "the cow jumped over the moon",
    "an apple a day keeps the doctor away",
    "four score and seven years ago",
    "snow white and the seven dwarfs",
    "i am at two with nature",
];

/// The distinct words in them.
pub const DISTINCT: usize = 27;

/// As many as the benches' runtime has.
pub const WORKERS: usize = 2;

pub type Outcome = Result<u64, String>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, size) = match &arguments[..] {
        [name, size] => (name.as_str(), size.parse().unwrap_or(0)),
        _ => ("", 0),
    };
    let (unit, work, run): (_, _, fn(u64) -> Outcome) = match name {
        "timely-columnar" => ("words/s", words(size), timely_columnar::as_in_the_example),
        "timely-columnar-direct" => ("words/s", words(size), timely_columnar::counting_at_once),
        "timely-words" => ("words/s", words(size), timely_words::run),
        "renoir-words" => ("words/s", words(size), renoir_words::run),
        "timely-hop" => ("tuples/s", size, timely_hop::run),
        "renoir-event-time" => ("tuples/s", size, renoir_event_time::run),
        _ => fail("usage: flowcore-bench-peers NAME SIZE"),
    };
    let expected = if name == "renoir-event-time" { renoir_event_time::expected(size) } else { work };
    let start = Instant::now();
    match run(size) {
        Err(problem) => fail(&problem),
        Ok(done) if done != expected => fail(&format!("{name} gave {done} instead of {expected}")),
        Ok(_) => println!("{:.0} {unit} of {work}", work as f64 / start.elapsed().as_secs_f64()),
    }
}

/// How many words so many sentences have.
fn words(sentences: u64) -> u64 {
    (0..sentences).map(|at| SENTENCES[(at % 5) as usize].split(' ').count() as u64).sum()
}

fn fail(problem: &str) -> ! {
    eprintln!("{problem}");
    std::process::exit(1);
}
