//! A real process that is killed under load, again and again, on the machine's own disk.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use flowcore::base::Token;
use flowcore::ingest::{Channel, FileChannel};
use flowcore_testkit::Random;

use crate::seeds::Seed;

const FOLDER: &str = "FLOWCORE_TEST_KILLED_FOLDER";
const FROM: &str = "FLOWCORE_TEST_KILLED_FROM";

async fn open(folder: &Path) -> FileChannel<String> {
    let builder = FileChannel::builder([folder]).segment_bytes(256 << 10).least_free_space(0).memory(20_000);
    builder.open("killed").await.unwrap()
}

/// This is the process that is killed, when the test below starts its own program again: it puts numbers and
/// takes some, and says what was committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed_works_when_it_is_asked_to() {
    let (Ok(folder), Ok(from)) = (std::env::var(FOLDER), std::env::var(FROM)) else {
        // Asked for nothing: then it has not been started by the other test, which looks at the work.
        assert!(std::env::var_os(FOLDER).is_none());
        return;
    };
    let channel = open(Path::new(&folder)).await;
    let mut next: u64 = from.parse().unwrap();
    loop {
        let mut put = channel.begin_put().await.unwrap();
        put.put((next..next + 10).map(|number| format!("{number:0>100}")).collect()).await.unwrap();
        say(&format!("trying {next}"));
        put.commit(Token::untracked()).await.unwrap();
        say(&format!("put {next}"));
        next += 10;
        if next.is_multiple_of(20) {
            let take = channel.take(8).await.unwrap();
            // Said before: it may be delivered, and then it need not come again.
            take.events().iter().for_each(|event| say(&format!("took {}", event.trim_start_matches('0'))));
            take.commit().await.unwrap();
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n#{line}").unwrap();
    out.flush().unwrap();
}

/// Starts the process, kills it after so many lines, and returns what it said.
fn run(folder: &Path, from: u64, lines: usize) -> Vec<String> {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program);
    command.args(["the_process_that_is_killed", "--nocapture", "--test-threads", "1"]);
    command.env(FOLDER, folder).env(FROM, from.to_string());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = said.map_while(Result::ok).filter_map(|line| line.strip_prefix('#').map(str::to_owned));
    let mut heard: Vec<String> = said.by_ref().take(lines).collect();
    assert_eq!(heard.len(), lines, "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    heard.extend(said);
    heard
}

#[tokio::test]
async fn what_was_committed_survives_kill_9_under_load() {
    let seed = 19;
    let _seed = Seed(seed);
    let (mut random, folder) = (Random::new(seed), tempfile::tempdir().unwrap());
    // 1: tried, 2: committed, 3: taken.
    let (mut known, mut from) = (BTreeMap::<u64, u8>::new(), 10);
    for _ in 0..30 {
        let lines = 5 + random.index(150);
        for line in run(folder.path(), from, lines) {
            let (what, number) = line.split_once(' ').unwrap();
            // The last line may be cut.
            let Ok(number) = number.parse::<u64>() else { continue };
            let (numbers, is) = match what {
                "trying" => (number..number + 10, 1),
                "put" => (number..number + 10, 2),
                _ => (number..number + 1, 3),
            };
            known.extend(numbers.map(|number| (number, is)));
        }
        from = known.last_key_value().map_or(from, |(last, _)| last + 1);
    }
    let channel = open(folder.path()).await;
    assert_eq!(channel.status().lost_events, 0);
    let mut before = 0;
    while channel.state().waiting > 0 {
        let take = channel.take(100).await.unwrap();
        for event in take.events() {
            let number: u64 = event.parse().unwrap();
            assert!(number > before && known.contains_key(&number), "{number} after {before}");
            before = number;
            known.insert(number, 3);
        }
        take.commit().await.unwrap();
    }
    let lost: Vec<_> = known.iter().filter(|(_, is)| **is == 2).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(known.len() > 500, "it was under load: {}", known.len());
}
