//! The original's Flume configuration, run with its sink under its old name.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use coffee_orders::agent::REDIS_SINK;
use redis::Commands;

use super::program::{Form, wait_for};
use super::redis_server::RedisServer;

const CONF: &str = include_str!("../../flume.conf");

fn coffee_agent(arguments: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", env!("CARGO_BIN_EXE_coffee-agent")]).args(arguments);
    command.stdin(Stdio::null());
    command
}

#[tokio::test]
async fn the_original_configuration_fills_the_queue_in_order_whatever_happens_to_the_server() {
    let mut server = RedisServer::start().await;
    let Form::Redis(url) = server.form() else { panic!("a Redis") };
    let port = url.rsplit(':').next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let orders = folder.path().join("CoffeeOrders.txt");
    let line = |number: usize| format!("{{\"order\":{number}}}");
    let lines: Vec<String> = (0..500).map(line).collect();
    fs::write(&orders, lines[..300].join("\n") + "\n").unwrap();
    let conf = CONF
        .replace("coffee-orders-data/CoffeeOrders.txt", orders.to_str().unwrap())
        .replace("= localhost", "= 127.0.0.1")
        .replace("= 6379", &format!("= {port}"));
    let file = folder.path().join("flume.conf");
    fs::write(&file, conf).unwrap();
    let log = fs::File::create(folder.path().join("log")).unwrap();
    let mut agent = coffee_agent(&["agent", "--name", "agent", "--conf-file", file.to_str().unwrap()])
        .stderr(log)
        .spawn()
        .unwrap();
    let client = redis::Client::open(url.as_str()).unwrap();
    let queue =
        || -> Option<Vec<String>> { client.get_connection().ok()?.lrange("CoffeeOrderQueue", 0, -1).ok() };
    wait_for("the first orders", || queue().filter(|queue| queue.len() >= 300)).await;
    server.kill();
    let mut more = fs::OpenOptions::new().append(true).open(&orders).unwrap();
    more.write_all((lines[300..].join("\n") + "\n").as_bytes()).unwrap();
    server.start_again().await;
    let queue = wait_for("all orders", || queue().filter(|queue| queue.len() >= 500)).await;
    assert!(queue == lines, "{} orders, not each once and in order", queue.len());
    let pid = agent.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let log = || fs::read_to_string(folder.path().join("log")).unwrap();
    let status = wait_for("the end of the agent", || agent.try_wait().unwrap()).await;
    assert!(status.success(), "{}", log());
}

fn check(conf: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flume.conf");
    fs::write(&file, conf).unwrap();
    let Output { status, stdout, .. } = coffee_agent(&["check", file.to_str().unwrap()]).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

#[test]
fn a_check_knows_the_sink_and_what_its_settings_lack() {
    let (code, out) = check(CONF);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains(&format!("redis  {REDIS_SINK}")), "{out}");
    let (code, out) = check(&CONF.replace("agent.sinks.redis.redisKey = CoffeeOrderQueue\n", ""));
    assert_eq!(code, Some(3), "{out}");
    assert!(out.contains("error[bad-setting]: sink redis: `redisKey` is missing"), "{out}");
    let (_, out) = check(&CONF.replace("= 6379", "= 63790000"));
    assert!(out.contains("error[bad-setting]: sink redis: `redisPort` is no number that fits\n"), "{out}");
    assert!(out.contains("^^^^^^^^"), "the value is underlined: {out}");
}
