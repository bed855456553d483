//! The parts of the program as processes of their own, with a Redis between them.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use coffee_orders::generator::SplitMix;
use flowcore_testkit::until;
use redis::AsyncCommands;
use serde_json::Value;

use super::program::{Home, pause, wait_for};
use super::redis_program::{assert_counted_once, away_for_ten_seconds, until_shown, until_written, url};
use super::redis_server::RedisServer;
use super::web_board::get;

const SEED: u64 = 20_140_930;

/// One running part.
struct Part {
    child: Child,
    out: PathBuf,
    errors: PathBuf,
}

impl Part {
    /// `name` is for its files.
    fn start(home: &Home, name: &str, arguments: &[&str]) -> Self {
        let (out, errors) = (home.outside(&format!("{name}.out")), home.outside(&format!("{name}.err")));
        let mut command = home.command(arguments);
        command.stdout(File::create(&out).unwrap()).stderr(File::create(&errors).unwrap());
        Self { child: command.spawn().unwrap(), out, errors }
    }

    fn complained(&self) -> String {
        fs::read_to_string(&self.errors).unwrap()
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    async fn page(&self) -> SocketAddr {
        wait_for("its page", || {
            let said = fs::read_to_string(&self.out).unwrap();
            said.strip_prefix("the page is at http://")?.strip_suffix('\n')?.parse().ok()
        })
        .await
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn ended(&mut self) -> Option<i32> {
        wait_for("its end", || self.child.try_wait().unwrap()).await.code()
    }

    async fn succeeds(&mut self) {
        assert_eq!(self.ended().await, Some(0), "{}", self.complained());
    }

    async fn stop(&mut self) {
        let told = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.succeeds().await;
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn connect(url: &str) -> redis::aio::MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// Waits until every order has been taken out of the queue.
async fn until_taken(url: &str) {
    let mut connection = connect(url).await;
    for _ in 0..6_000 {
        if connection.llen::<_, u64>("CoffeeOrderQueue").await.unwrap() == 0 {
            return;
        }
        pause(Duration::from_millis(10)).await;
    }
    panic!("nobody takes the orders");
}

/// What the page shows in bars that are not empty is what is stored.
async fn assert_shows(page: SocketAddr, document: &Value) {
    let answer = get(page, "/api/statistics?branch=all&type=Orders&count=20").await;
    let packet: Value = serde_json::from_str(&answer.body).unwrap();
    let bars = packet["body"].as_array().unwrap().iter().map(|bar| {
        let counts = bar["counts"].as_array().unwrap().iter();
        let counts: serde_json::Map<_, _> = counts
            .map(|count| (count["type"].as_str().unwrap().to_owned(), count["count"].clone()))
            .collect();
        (bar["date"].clone(), Value::Object(counts))
    });
    let bars: Vec<_> =
        bars.filter(|(_, counts)| counts.as_object().is_some_and(|counts| !counts.is_empty())).collect();
    assert!(!bars.is_empty(), "{packet}");
    for (date, counts) in bars {
        let stored = document["buckets"].as_array().unwrap().iter().find(|bucket| {
            bucket["bucket"] == date && bucket["branch"] == "all" && bucket["dimension"] == "Orders"
        });
        assert_eq!(stored.unwrap()["counts"], counts, "{date}");
    }
}

#[tokio::test]
async fn parts_of_their_own_count_every_order_once_over_an_outage_and_a_kill() {
    println!("seed {SEED}");
    let (mut random, mut server) = (SplitMix::new(SEED), RedisServer::start().await);
    let home = Home::new(server.form());
    let (dir, form) = (home.dir(), server.form());
    let (dir, url) = (dir.to_str().unwrap(), url(&form));
    let web = Part::start(&home, "web", &["web", "--redis", url, "--port", "0", "--bucket", "3s"]);
    let count = |consumer: &str| {
        let arguments = ["count", "--redis", url, "--dir", dir, "--bucket", "3s", "--consumer", consumer];
        Part::start(&home, consumer, &arguments)
    };
    let (mut one, mut two) = (count("one"), count("two"));
    let collect = ["collect", "--redis", url, "--dir", dir, "--rate", "300"];
    let mut collect = Part::start(&home, "collect", &collect);
    let page = web.page().await;
    until_shown(page).await;

    pause(Duration::from_millis(random.below(1_500))).await;
    away_for_ten_seconds(&mut server, page).await;
    for part in [&mut one, &mut two, &mut collect] {
        assert!(part.is_running(), "{}", part.complained());
    }
    until_written(&home, 300).await;
    until_shown(page).await;
    pause(Duration::from_millis(random.below(1_500))).await;
    let mut connection = connect(url).await;
    let mut owner = async || connection.get::<_, String>("CoffeeOrderQueue:owner:one").await.unwrap();
    let before = owner().await;
    one.kill();
    pause(Duration::from_millis(random.below(300))).await;
    let mut one = count("one");
    until(async || owner().await != before).await;

    collect.stop().await;
    until_taken(url).await;
    one.stop().await;
    two.stop().await;
    let document = assert_counted_once(&home);
    assert_eq!(document["orders"], home.lines());
    assert_shows(page, &document).await;
    let mut web = web;
    web.stop().await;
}

#[tokio::test]
async fn parts_that_are_started_before_the_redis_wait_for_it() {
    let mut server = RedisServer::start().await;
    server.kill();
    let home = Home::new(server.form());
    let (dir, form) = (home.dir(), server.form());
    let (dir, url) = (dir.to_str().unwrap(), url(&form));
    let web = ["web", "--redis", url, "--port", "0", "--bucket", "1s"];
    let collect = ["collect", "--redis", url, "--dir", dir, "--rate", "900", "--orders", "300", "--exit"];
    let count = ["count", "--redis", url, "--dir", dir, "--bucket", "1s"];
    let [mut web, mut collect, mut count] = [("web", &web[..]), ("collect", &collect), ("count", &count)]
        .map(|(name, arguments)| Part::start(&home, name, arguments));
    for part in [&mut web, &mut collect, &mut count] {
        wait_for("its warning", || {
            part.complained().contains("the redis is away: waiting for it").then_some(())
        })
        .await;
        assert!(part.is_running());
    }
    server.start_again().await;
    collect.succeeds().await;
    until_taken(url).await;
    count.stop().await;
    assert_eq!(assert_counted_once(&home)["orders"], 300);
    until_shown(web.page().await).await;
    web.stop().await;
}

/// Runs each part: it ends by itself with one message, which has `what` in it once.
fn assert_refused(home: &Home, parts: &[&str], url: &str, what: &str) {
    let dir = home.dir();
    let dir = ["--dir", dir.to_str().unwrap()];
    let generate = ["--rate", "1000", "--orders", "50", "--exit"];
    for part in parts {
        let mut arguments: Vec<&str> = Vec::new();
        if *part != "all" {
            arguments.push(part);
        }
        arguments.extend(["--redis", url]);
        if *part != "web" {
            arguments.extend(dir);
        }
        if ["all", "web"].contains(part) {
            arguments.extend(["--port", "0"]);
        }
        if ["all", "collect"].contains(part) {
            arguments.extend(generate);
        }
        let output = home.output(&arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{part}: {errors}");
        let last = errors.lines().next_back().unwrap();
        assert!(last.starts_with("error: ") && last.contains("127.0.0.1:"), "{part}: {errors}");
        assert_eq!(last.matches(what).count(), 1, "{part}: {errors}");
        assert!(!last.contains("secret"), "{part}: {errors}");
    }
}

#[tokio::test]
async fn a_redis_that_refuses_ends_each_part_with_a_message() {
    let server = RedisServer::start().await;
    let (home, form) = (Home::new(server.form()), server.form());
    let address = url(&form).strip_prefix("redis://").unwrap();
    let mut connection = connect(url(&form)).await;
    connection.set::<_, _, ()>("CoffeeOrderQueue", "text").await.unwrap();
    assert_refused(&home, &["all", "collect", "count"], url(&form), "WRONGTYPE");
    connection.del::<_, ()>("CoffeeOrderQueue").await.unwrap();
    connection.set::<_, _, ()>("CoffeeOrderBranches", "text").await.unwrap();
    assert_refused(&home, &["all", "web"], url(&form), "WRONGTYPE");

    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg("requirepass").arg("secret").exec_async(&mut connection).await.unwrap();
    let parts = ["all", "collect", "count", "web"];
    assert_refused(&home, &parts, url(&form), "NOAUTH");
    let wrong = format!("redis://:not-the-secret@{address}");
    assert_refused(&home, &parts, &wrong, "Password authentication failed");
    // One that is let in ends well.
    let right = format!("redis://:secret@{address}");
    let output = home.output(&["dump", "--json", "--redis", &right, "--dir", home.dir().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
