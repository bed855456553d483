//! `flowcore avro-client`, with a running agent.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use flowcore_testkit::{Certificate, free_port};

use crate::program::{Program, lines_in};

const CONF: &str = "\
a1.channels = c1 c2
a1.channels.c2.type = memory
a1.channels.c2.capacity = 1000
a1.channels.c1.type = memory
a1.channels.c1.capacity = 1000
a1.sinks = k1 k2
a1.sinks.k2.type = logger
a1.sinks.k2.channel = c2
a1.sinks.k1.type = file_roll
a1.sinks.k1.channel = c1
a1.sinks.k1.sink.directory = {dir}/out
a1.sources = r1
a1.sources.r1.type = avro
a1.sources.r1.bind = 127.0.0.1
a1.sources.r1.channels = c1 c2
";

/// An agent with an avro source, at its port.
fn agent() -> (Program, String) {
    let port = free_port().to_string();
    let program = Program::start(&format!("{CONF}a1.sources.r1.port = {port}\n"), &[]);
    program.until("the port", || program.log().contains(&format!("127.0.0.1:{port}")));
    (program, port)
}

fn client(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowcore"))
        .arg("avro-client")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that does not read its input has closed it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn lines_of_files_folders_and_standard_input_arrive_with_their_headers() {
    let (mut program, port) = agent();
    let path = |name: &str| program.path(name).to_str().unwrap().to_owned();
    fs::write(program.path("headers"), "colour = red\n").unwrap();
    let output = client(&["-H", "127.0.0.1", "-p", &port, "-R", &path("headers")], "one\ntwo\r\n\nlast");
    assert!(output.status.success() && said(&output) == "4 events were delivered\n", "{output:?}");
    program.until("four headers", || program.log().matches("headers:{colour=red}").count() == 4);
    program.until("four lines", || lines_in(&program.path("out")).len() == 4);

    fs::write(program.path("file"), "a line\n".repeat(250)).unwrap();
    let output = client(&["-H", "127.0.0.1", "-p", &port, "-F", &path("file")], "");
    assert!(output.status.success(), "{output:?}");
    program.until("254 lines", || lines_in(&program.path("out")).len() == 254);

    fs::create_dir(program.path("in")).unwrap();
    for (name, text) in [("in/a", "x\n"), ("in/.hidden", "no\n"), ("in/done.COMPLETED", "no\n")] {
        fs::write(program.path(name), text).unwrap();
    }
    let output = client(&["-H", "127.0.0.1", "-p", &port, "--dirname", &path("in")], "");
    assert!(said(&output) == "1 event was delivered\n", "{output:?}");
    assert!(program.path("in/a.COMPLETED").exists() && !program.path("in/a").exists());
    program.stop();
}

#[test]
fn with_several_hosts_those_that_are_away_are_passed_over() {
    let (mut program, port) = agent();
    let away = free_port();
    for kind in ["default_failover", "default_loadbalance"] {
        let properties = format!(
            "client.type = {kind}\nhosts = h1 h2\nhosts.h1 = 127.0.0.1:{away}\nhosts.h2 = 127.0.0.1:{port}\nbatch-size = 1\n"
        );
        fs::write(program.path("rpc"), properties).unwrap();
        let output = client(&["-P", program.path("rpc").to_str().unwrap()], "one\ntwo\nthree\n");
        assert!(output.status.success(), "{kind}: {output:?}");
    }
    program.until("six lines", || lines_in(&program.path("out")).len() == 6);
    program.stop();
}

#[test]
fn lines_arrive_over_tls_and_by_thrift() {
    let certificate = Certificate::make();
    let (avro, thrift) = (free_port(), free_port());
    let tls = format!(
        "ssl = true\nKEY.keystore = {}\nKEY.keystore-password = {}\nKEY.keystore-type = PKCS12\n",
        certificate.store().display(),
        Certificate::PASSWORD
    );
    let source = |name: &str, port: u16| {
        let text =
            format!("type = {name}\nKEY.bind = 127.0.0.1\nKEY.port = {port}\nKEY.channels = c1\nKEY.{tls}");
        format!("KEY.{text}").replace("KEY", &format!("a1.sources.{name}"))
    };
    let conf =
        CONF.lines().filter(|line| !line.contains(".r1")).map(|line| line.replace("= r1", "= avro thrift"));
    let conf = conf.collect::<Vec<_>>().join("\n");
    let conf = format!("{conf}\n{}{}", source("avro", avro), source("thrift", thrift));
    let mut program = Program::start(&conf, &[]);
    for port in [avro, thrift] {
        program.until("the port", || program.log().contains(&format!("127.0.0.1:{port}")));
    }
    let trusting = format!(
        "ssl = true\ntruststore = {}\ntruststore-type = PEM\nhosts = h\n",
        certificate.pem_path().display()
    );
    for (kind, port) in [("default", avro), ("thrift", thrift)] {
        let properties = format!("{trusting}client.type = {kind}\nhosts.h = localhost:{port}\n");
        fs::write(program.path("rpc"), properties).unwrap();
        let output = client(&["-P", program.path("rpc").to_str().unwrap()], "one\ntwo\n");
        assert!(output.status.success(), "{kind}: {output:?}");
    }
    program.until("four lines", || lines_in(&program.path("out")).len() == 4);
    program.stop();
}

#[test]
fn a_host_that_is_away_is_an_error_that_says_what_was_delivered() {
    let away = free_port().to_string();
    let output = client(&["-H", "127.0.0.1", "-p", &away], "one\n");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.starts_with("error: standard input, lines from 1: not delivered: "), "{said}");
    assert!(said.ends_with("0 events were delivered\n"), "{said}");
    assert_eq!(client(&["-p", "1"], "").status.code(), Some(2));
}

#[test]
fn the_tool_of_flume_is_referred_to_ours() {
    let output = Command::new(env!("CARGO_BIN_EXE_flowcore"))
        .args(["tool", "FCINTEGRITYTOOL", "-l", "/data"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("`flowcore channel check FOLDER`"), "{output:?}");
}
