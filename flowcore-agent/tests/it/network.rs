//! Sources that listen, each in an agent with a client of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use crate::program::{Program, TO_FILES, lines_in};
use crate::tls::server;

/// An agent that writes what its source `r1` has into files.
pub(crate) struct Agent {
    pub(crate) program: Program,
}

impl Agent {
    /// With these keys of the source, each a line.
    pub(crate) fn start(source: &str) -> Self {
        Self::start_with(source, &[])
    }

    /// With these words on the command line.
    pub(crate) fn start_with(source: &str, arguments: &[&str]) -> Self {
        let keys: Vec<String> = source.lines().map(|line| format!("a1.sources.r1.{line}")).collect();
        Self { program: Program::start(&format!("{TO_FILES}{}\n", keys.join("\n")), arguments) }
    }

    /// Where it listens: what the log says, one after the other.
    pub(crate) fn addresses(&self, count: usize) -> Vec<SocketAddr> {
        addresses(&self.program, count)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addresses(1)[0]).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream
    }

    pub(crate) fn send_datagram(&self, bytes: &[u8]) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(bytes, self.addresses(1)[0]).unwrap();
    }

    /// Waits until exactly these lines are in the files, in any order.
    pub(crate) fn expect(&self, lines: &[&str]) {
        let folder = self.program.path("out");
        self.program.until(&format!("{lines:?}"), || lines_in(&folder) == lines);
    }

    pub(crate) fn stop(mut self) {
        self.program.stop();
    }
}

/// Where the sources of a program listen.
pub(crate) fn addresses(program: &Program, count: usize) -> Vec<SocketAddr> {
    program.until("the address", || program.log().matches("listening").count() >= count);
    let log = program.log();
    let lines = log.lines().filter(|line| line.contains("listening"));
    let addresses = lines.flat_map(|line| line.split("address=").skip(1)).map(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || c == '\u{1b}').unwrap_or(rest.len());
        let address: SocketAddr = rest[..end].parse().unwrap();
        (Ipv4Addr::LOCALHOST, address.port()).into()
    });
    addresses.take(count).collect()
}

/// What a peer answers to `request`, as far as `count` bytes.
pub(crate) fn ask(stream: &mut TcpStream, request: &[u8], count: usize) -> String {
    stream.write_all(request).unwrap();
    let mut answer = vec![0; count];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// The answer to a request whose connection is closed after it.
pub(crate) fn post(agent: &Agent, target: &str, body: &str) -> String {
    post_over(agent.connect(), target, body)
}

pub(crate) fn post_over(mut stream: TcpStream, target: &str, body: &str) -> String {
    let length = body.len();
    let head = format!("POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}");
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn lines_over_netcat_are_answered_and_in_the_files() {
    let agent = Agent::start("type = netcat\nbind = 127.0.0.1\nport = 0\nmax-line-length = 6");
    let mut stream = agent.connect();
    assert_eq!(ask(&mut stream, b"one\ntwo\n", 6), "OK\nOK\n");
    assert!(
        ask(&mut stream, b"much too long\n", 60).starts_with("FAILED: Event exceeds the maximum length (6")
    );
    agent.expect(&["one", "two"]);
    agent.stop();
}

#[test]
fn the_first_lines_of_datagrams_are_in_the_files() {
    let agent = Agent::start("type = netcatudp\nbind = 127.0.0.1\nport = 0\nremoteAddressHeader = peer");
    agent.send_datagram(b"one\nrest");
    agent.expect(&["one"]);
    agent.stop();
}

#[test]
fn syslog_over_tcp_and_udp_is_taken_apart() {
    let tcp = Agent::start("type = syslogtcp\nhost = 127.0.0.1\nport = 0\nkeepFields = hostname");
    tcp.connect().write_all(b"<13>1 2003-10-11T22:14:15Z web1 body\n").unwrap();
    tcp.expect(&["web1 body"]);
    tcp.stop();
    let udp = Agent::start("type = syslogudp\nhost = 127.0.0.1\nport = 0\nkeepFields = true");
    udp.send_datagram(b"<13>1 - web1 body");
    udp.expect(&["<13>1 - web1 body"]);
    udp.stop();
}

#[test]
fn syslog_on_several_ports_comes_into_one_source() {
    let agent = Agent::start("type = multiport_syslogtcp\nhost = 127.0.0.1\nports = 0 0\nportHeader = port");
    for (address, text) in agent.addresses(2).iter().zip(["one", "two"]) {
        let mut stream = TcpStream::connect(address).unwrap();
        writeln!(stream, "<13>1 2003-10-11T22:14:15Z h {text}").unwrap();
    }
    agent.expect(&["one", "two"]);
    agent.stop();
}

#[test]
fn what_is_posted_is_in_the_files_in_both_forms() {
    let agent = Agent::start("type = http\nbind = 127.0.0.1\nport = 0");
    let answer = post(&agent, "/any/path", r#"[{"headers":{"a":"b"},"body":"one"},{"body":"two"}]"#);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(post(&agent, "/", "[").contains("Request has invalid JSON Syntax."));
    agent.expect(&["one", "two"]);
    agent.stop();
    let agent = Agent::start(
        "type = http\nbind = 127.0.0.1\nport = 0\nhandler = org.apache.flume.source.http.BLOBHandler\n\
         handler.mandatoryParameters = name",
    );
    assert!(post(&agent, "/", "refused").contains("400 Bad Request"));
    assert!(post(&agent, "/?name=x", "whole body").contains("200 OK"));
    agent.expect(&["whole body"]);
    agent.stop();
}

/// What stands for the sink of an agent that counts to five and sends to `far`.
pub(crate) fn sends_to(far: &Agent, sink: &str) -> Program {
    let port = far.addresses(1)[0].port();
    let keys: Vec<String> = sink.lines().map(|line| format!("a1.sinks.k1.{line}")).collect();
    let rest: Vec<&str> = TO_FILES.lines().filter(|line| !line.contains(".k1.")).collect();
    let conf = format!(
        "{}\na1.sinks.k1.channel = c1\na1.sources.r1.type = seq\na1.sources.r1.totalEvents = 5\n{}\n",
        rest.join("\n"),
        keys.join("\n").replace("{port}", &port.to_string())
    );
    Program::start(&conf, &[])
}

#[test]
fn an_avro_sink_sends_to_an_avro_source() {
    for compression in ["none", "deflate"] {
        let keys = format!("type = avro\nbind = 127.0.0.1\nport = 0\ncompression-type = {compression}");
        let far = Agent::start(&keys);
        let sink = format!(
            "type = avro\nhostname = 127.0.0.1\nport = {{port}}\ncompression-type = {compression}\nbatch-size = 10"
        );
        let mut near = sends_to(&far, &sink);
        far.expect(&["0", "1", "2", "3", "4"]);
        near.stop();
        far.stop();
    }
}

#[test]
fn a_connection_that_ends_badly_is_told_of_with_its_source_and_its_peer() {
    let tls = server("own.p12");
    let mut settings = vec!["type = netcat\nbind = 127.0.0.1\nport = 0\nmax-line-length = 4".to_owned()];
    settings.extend(
        ["avro", "thrift", "http"].map(|kind| format!("type = {kind}\nbind = 127.0.0.1\nport = 0{tls}")),
    );
    settings.push(format!("type = syslogtcp\nhost = 127.0.0.1\nport = 0{tls}"));
    settings.push(format!("type = multiport_syslogtcp\nhost = 127.0.0.1\nports = 0{tls}"));
    for settings in &settings {
        let agent = Agent::start(settings);
        let mut stream = agent.connect();
        stream.write_all(b"nobody shakes hands like this\n").unwrap();
        let expected = format!("source=r1 peer={} ", stream.local_addr().unwrap());
        agent.program.until(&format!("{expected}, {settings}"), || {
            agent.program.log().lines().any(|line| line.contains(" WARN ") && line.contains(&expected))
        });
        agent.stop();
    }
}
