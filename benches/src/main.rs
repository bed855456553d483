//! `flowcore-bench CONTESTANT SIZE` runs one contestant once, checks its result and prints what it reached, one
//! line each: `VALUE UNIT of WORK`. `cargo xtask bench` calls it.

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use flowcore::base::Clock;
use flowcore_benches::event_time::{self, Total};
use flowcore_benches::word_count::Separator::{Space, Whitespace};
use flowcore_benches::word_count::Tasks;
use flowcore_benches::{
    Failure, WORKERS, chain, coffee, file_channel, hop, idle, keys, latency, mqtt, ny_power, redis_list,
    slow_bolt, spout, tail, two_workers, word_count, words,
};

/// Of 64 tasks.
const MANY_TASKS: Tasks = Tasks { lines: 2, split: 31, count: 31 };
/// How long latencies are measured at a rate, which is their size.
const LATENCY_SECONDS: u64 = 2;
const LONG_CHAIN: usize = 16;
const MANY_KEYS: u64 = 1_000_000;
const FEW_KEYS: u64 = 1_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let parsed = match &arguments[..] {
        [name, size] => size.parse().ok().map(|size| (name.as_str(), size)),
        _ => None,
    };
    let Some((name, size)) = parsed else {
        eprintln!("usage: flowcore-bench CONTESTANT SIZE");
        return ExitCode::from(2);
    };
    let ran = match name {
        "coffee" | "coffee-parse" => run_coffee(name, size),
        _ => two_workers().map_err(Failure::from).and_then(|runtime| runtime.block_on(run(name, size))),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(name: &str, size: u64) -> Result<(), Failure> {
    let lines = usize::try_from(size)?;
    let words = word_count::words(lines);
    match name {
        "words" => rate("words/s", words, word_count::packed(lines, Tasks::each(WORKERS))).await,
        "words-64-tasks" => rate("words/s", words, word_count::packed(lines, MANY_TASKS)).await,
        "words-string" => rate("words/s", words, word_count::owned(lines, Tasks::each(WORKERS))).await,
        "words-fused" => rate("words/s", words, word_count::fused(lines, 1, Whitespace)).await,
        "words-fused-twice" => rate("words/s", words, word_count::fused(lines, WORKERS, Whitespace)).await,
        "words-fused-spaces" => rate("words/s", words, word_count::fused(lines, WORKERS, Space)).await,
        "hop" => rate("tuples/s", size, hop::topology(size, WORKERS)).await,
        "hop-one" => rate("tuples/s", size, hop::topology(size, 1)).await,
        "hop-channel" => rate("tuples/s", size, hop::bare_channel(size, WORKERS)).await,
        "keys-many" => rate("tuples/s", size, keys::topology(size, MANY_KEYS)).await,
        "keys-few" => rate("tuples/s", size, keys::topology(size, FEW_KEYS)).await,
        "chain-16" => rate("hops/s", size, chain::topology(size / LONG_CHAIN as u64, LONG_CHAIN)).await,
        "chain-1" => rate("hops/s", size, chain::topology(size, 1)).await,
        "chain-2" => rate("hops/s", size, chain::topology(size / 2, 2)).await,
        "chain-2-channels" => rate("hops/s", size, chain::bare_channels(size / 2, 2)).await,
        "spout" => rate("tuples/s", size, spout::topology(size, WORKERS)).await,
        "spout-loop" => rate("tuples/s", size, async { spout::bare_loop(size) }).await,
        "slow-bolt" => rate("tuples/s", size, slow_bolt::topology(size)).await,
        "slow-bolt-loop" => {
            rate("tuples/s", size, async {
                slow_bolt::bare_loop(size);
                Ok(())
            })
            .await
        }
        "words-only" => rate("words/s", words, words::count_only(lines, WORKERS)).await,
        "words-only-loop" => rate("words/s", words, async { words::count_only_loop(lines) }).await,
        _ => run_prepared(name, size).await,
    }
}

/// The threads begin behind the preparation, as those of a program do: Linux may wake two that have slept for long
/// on one core, and leave them there for some hundredths of a second.
fn run_coffee(name: &str, size: u64) -> Result<(), Failure> {
    let mut lines = coffee::lines(size);
    let runtime = two_workers()?;
    if name == "coffee" {
        runtime.block_on(rate("lines/s", size, coffee::topology(&mut lines)))
    } else {
        runtime.block_on(rate("lines/s", size, coffee::only_parse(&lines, WORKERS)))
    }
}

/// Those that need something before the time runs, or measure something else.
async fn run_prepared(name: &str, size: u64) -> Result<(), Failure> {
    let tuples = size * LATENCY_SECONDS;
    match name {
        "latency" => print_latencies(tuples, &latency::topology(size, tuples).await?),
        "latency-channels" => print_latencies(tuples, &latency::bare_channels(size, tuples).await?),
        "ny-power" | "ny-power-csv" => {
            let month = ny_power::Month::new()?;
            let rows = size * month.rows();
            if name == "ny-power" {
                rate("rows/s", rows, async { month.compute(size) }).await?;
            } else {
                rate("rows/s", rows, async { month.only_sum(size) }).await?;
            }
        }
        "words-of-file" | "words-of-file-loop" => {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("sentences.txt");
            let lines = usize::try_from(size)?;
            words::write_file(&path, lines)?;
            if name == "words-of-file" {
                rate("words/s", word_count::words(lines), words::of_file(&path, lines, WORKERS)).await?;
            } else {
                let counted = async { words::of_file_loop(&path, lines) };
                rate("words/s", word_count::words(lines), counted).await?;
            }
        }
        "event-time" => {
            let expected = Total::of(size);
            rate("tuples/s", size, event_time::topology(size, WORKERS, expected)).await?;
        }
        "event-time-loop" => {
            let expected = Total::of(size);
            rate("tuples/s", size, event_time::by_hand(size, WORKERS, expected)).await?;
        }
        "tail" | "tail-loop" => {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("lines.txt");
            tail::write_lines(&path, size)?;
            if name == "tail" {
                rate("lines/s", size, tail::agent(&path, size)).await?;
            } else {
                rate("lines/s", size, async { tail::bare_loop(&path, size) }).await?;
            }
        }
        "file-channel-100" | "file-channel-1000" | "file-channel-10000" | "file-channel-loop"
        | "file-channel-tail" => run_file_channel(name, size).await?,
        "redis-list" | "redis-plain" => {
            let server = redis_list::Server::start().await?;
            let (url, entries) = (server.url(), usize::try_from(size)?);
            if name == "redis-list" {
                rate("entries/s", size, redis_list::in_and_out(&url, entries)).await?;
            } else {
                rate("entries/s", size, redis_list::plain_commands(&url, entries)).await?;
            }
        }
        "mqtt" | "mqtt-bare" => {
            let server = mqtt::Server::start().await?;
            if name == "mqtt" {
                rate("messages/s", size, mqtt::there_and_back(&server, size)).await?;
            } else {
                rate("messages/s", size, mqtt::bare_loops(&server, size)).await?;
            }
        }
        "idle" => {
            let taken = idle::watch(Duration::from_secs(size)).await?;
            println!("{:.1} MiB of {size}", taken.memory);
            println!("{:.2} %cpu of {size}", taken.cpu);
        }
        _ => return Err("no such contestant".into()),
    }
    Ok(())
}

async fn run_file_channel(name: &str, events: u64) -> Result<(), Failure> {
    // Not in memory, where a sync costs nothing.
    let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
    let data = folder.path().join("data");
    let put_and_take = |batch| file_channel::put_and_take(&data, events, batch);
    match name {
        "file-channel-100" => rate("events/s", events, put_and_take(100)).await,
        "file-channel-1000" => rate("events/s", events, put_and_take(1_000)).await,
        "file-channel-10000" => rate("events/s", events, put_and_take(10_000)).await,
        "file-channel-tail" => {
            let lines = folder.path().join("lines.txt");
            tail::write_lines(&lines, events)?;
            rate("events/s", events, file_channel::agent(&data, &lines, events, 1_000)).await
        }
        _ => {
            let plain = file_channel::PlainFile::new(folder.path())?;
            rate("events/s", events, async { plain.write(events, 10_000) }).await
        }
    }
}

/// Runs to the end and prints how much was done in a second.
async fn rate(unit: &str, work: u64, run: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let stopwatch = Clock::system().stopwatch();
    run.await?;
    #[expect(clippy::cast_precision_loss, reason = "a rate is rounded anyway")]
    let rate = work as f64 / stopwatch.elapsed().as_secs_f64();
    println!("{rate:.0} {unit} of {work}");
    Ok(())
}

fn print_latencies(work: u64, latencies: &latency::Latencies) {
    for percent in [50, 99] {
        let nanos = Duration::from_nanos(latencies.percentile(percent));
        println!("{:.1} us-p{percent} of {work}", nanos.as_secs_f64() * 1e6);
    }
}
