//! What each key of the sources that listen does: a row for each, in an agent that shows what it gets.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::process::Command;

use flowcore_agent::keys::{Section, find};

use crate::network::Agent;
use crate::program::{Program, TO_FILES};

/// What is sent.
#[derive(Debug, Clone, Copy)]
enum Sent {
    Tcp(&'static [u8]),
    Udp(&'static [u8]),
}

/// Keys of a source with a blank after each colon, what is sent to it, and what the log says of the events.
type Row = (&'static str, &'static [&'static str], Sent, &'static [&'static str]);

const TCP: &str = "syslogtcp";
const UDP: &str = "syslogudp";
const PORTS: &str = "multiport_syslogtcp";
const DATED: &[u8] = b"<13>1 2003-10-11T22:14:15 web1 body\n";
const OWN: &[u8] = b"<13>2003/10/11 22:14:15 web1: own body\n";
const FORMAT: &[&str] = &[
    r"format.regex = <(\\d+)>(\\d )?(\\S+ \\S+) (\\S+): (.*)",
    "format.search = /",
    "format.replace = -",
    "format.dateFormat = yyyy-MM-dd HH:mm:ss",
    "timezone = UTC",
];
const OWN_SEEN: &[&str] = &["timestamp=1065910455000", "host=web1", "own body"];

const ROWS: &[Row] = &[
    (TCP, &["eventSize = 12"], Sent::Tcp(b"<13>1 - - abcdef\n"), &["status=Incomplete", " ab }", "cdef"]),
    (TCP, &["keepFields = priority version"], Sent::Tcp(DATED), &["<13>1 body"]),
    (TCP, &["clientIPHeader = ip"], Sent::Tcp(DATED), &["ip=127.0.0.1"]),
    (TCP, &["clientHostnameHeader = name"], Sent::Tcp(DATED), &["name={name}"]),
    (TCP, &["timezone = America/New_York"], Sent::Tcp(DATED), &["timestamp=1065924855000"]),
    (
        TCP,
        &["framing = auto"],
        Sent::Tcp(b"15 <13>1 - - a\nb c12 <13>1 - - d\n"),
        &["0A 62 20 63", "priority=13", " d }"],
    ),
    (TCP, FORMAT, Sent::Tcp(OWN), OWN_SEEN),
    (UDP, &["eventSize = 12"], Sent::Udp(b"<13>1 - - abcdef"), &["status=Incomplete", " ab }"]),
    (UDP, &["keepFields = all"], Sent::Udp(b"<13>1 - - body"), &["<13>1 - - body"]),
    (UDP, &["clientIPHeader = ip"], Sent::Udp(DATED), &["ip=127.0.0.1"]),
    (UDP, &["clientHostnameHeader = name"], Sent::Udp(DATED), &["name={name}"]),
    (UDP, &["timezone = America/New_York"], Sent::Udp(DATED), &["timestamp=1065924855000"]),
    (UDP, FORMAT, Sent::Udp(OWN), OWN_SEEN),
    (PORTS, &["eventSize = 12"], Sent::Tcp(b"<13>- h abcdefgh\n"), &["status=Incomplete", " abcd }"]),
    (PORTS, &["keepFields = hostname"], Sent::Tcp(b"<13>- web1 body\n"), &["web1 body"]),
    (PORTS, &["clientIPHeader = ip"], Sent::Tcp(DATED), &["ip=127.0.0.1"]),
    (PORTS, &["clientHostnameHeader = name"], Sent::Tcp(DATED), &["name={name}"]),
    (PORTS, &["portHeader = port"], Sent::Tcp(DATED), &["port={port}"]),
    (PORTS, &["timezone = America/New_York"], Sent::Tcp(DATED), &["timestamp=1065924855000"]),
    (PORTS, &["charset.default = iso-8859-1"], Sent::Tcp(b"<13>- h\xF6st b\n"), &["host=höst"]),
    ("netcat", &["encoding = iso-8859-1"], Sent::Tcp(b"h\xF6st\n"), &["68 C3 B6 73 74"]),
    ("netcat", &["max-line-length = 4"], Sent::Tcp(b"one\ntwo and more\n"), &["Event exceeds", " one }"]),
    ("netcat", &["ack-every-event = false"], Sent::Tcp(b"one\n"), &[" one }"]),
    ("netcatudp", &["remoteAddress = peer"], Sent::Udp(b"one"), &["peer=127.0.0.1:"]),
    ("netcatudp", &["remoteAddressHeader = peer"], Sent::Udp(b"one"), &["peer=127.0.0.1:"]),
];

/// Keys that another test shows, or that every row has.
const ELSEWHERE: &[(&str, &[&str])] = &[
    (TCP, &["host", "port"]),
    (UDP, &["host", "port"]),
    (
        PORTS,
        &[
            "host",
            "ports",
            "charset.port.<p>",
            "numProcessors",
            "batchSize",
            "readBufferBytes",
            "readBufferSize",
        ],
    ),
    ("netcat", &["bind", "port", "max-connections"]),
    ("netcatudp", &["bind", "port"]),
];

/// Shown by the tests of TLS.
const TLS: &[&str] = &[
    "ssl",
    "keystore",
    "keystore-password",
    "keystore-type",
    "include-protocols",
    "exclude-protocols",
    "include-cipher-suites",
    "exclude-cipher-suites",
    "client-auth",
    "truststore",
    "truststore-password",
];

fn source(kind: &str, keys: &[&str]) -> String {
    let place = match kind {
        PORTS => "host = 127.0.0.1\nports = 0",
        TCP | UDP => "host = 127.0.0.1\nport = 0",
        _ => "bind = 127.0.0.1\nport = 0",
    };
    format!("type = {kind}\n{place}\n{}", keys.join("\n"))
}

/// An agent whose events are shown in its log.
fn showing(source: &str) -> Agent {
    Agent { program: Program::start(&shown(source), &[]) }
}

/// The configuration of one.
pub(crate) fn shown(source: &str) -> String {
    let lines = TO_FILES.lines().filter(|line| !line.contains("sinks.k1."));
    let mut conf: Vec<String> = lines.map(str::to_owned).collect();
    conf.push("a1.sinks.k1.type = logger\na1.sinks.k1.channel = c1".to_owned());
    conf.extend(source.lines().map(|line| format!("a1.sources.r1.{line}")));
    conf.join("\n") + "\n"
}

/// As the system knows it; its address if it has none.
fn name_of_localhost() -> String {
    let output = Command::new("getent").args(["hosts", "127.0.0.1"]).output().expect("getent is installed");
    let line = String::from_utf8(output.stdout).unwrap();
    line.split_whitespace().nth(1).unwrap_or("127.0.0.1").to_owned()
}

#[test]
fn each_key_does_what_it_says() {
    let name = name_of_localhost();
    for (kind, keys, send, expected) in ROWS {
        let agent = showing(&source(kind, keys));
        if let Sent::Tcp(bytes) = send {
            agent.connect().write_all(bytes).unwrap();
        }
        let port = agent.addresses(1)[0].port().to_string();
        for text in *expected {
            let text = text.replace("{port}", &port).replace("{name}", &name);
            agent.program.until(&format!("{kind} {keys:?}: {text:?}"), || {
                // The name of a peer is known some datagrams later.
                if let Sent::Udp(bytes) = send {
                    agent.send_datagram(bytes);
                }
                agent.program.log().contains(&text)
            });
        }
        agent.stop();
    }
}

#[test]
fn no_key_of_these_sources_is_without_a_row() {
    for (kind, elsewhere) in ELSEWHERE {
        let rows = ROWS.iter().filter(|row| row.0 == *kind).flat_map(|row| row.1);
        let names = rows.map(|key| key.split(' ').next().unwrap());
        let shown: BTreeSet<&str> =
            names.chain(elsewhere.iter().copied()).chain(TLS.iter().copied()).collect();
        let keys = find(Section::Source, kind).unwrap().component.keys.iter().copied().flatten();
        let missing: Vec<_> = keys.map(|key| key.name).filter(|name| !shown.contains(name)).collect();
        assert!(missing.is_empty(), "{kind}: {missing:?}");
    }
}

#[test]
fn a_port_has_its_charset() {
    let port = flowcore_testkit::free_port();
    let keys = format!("type = {PORTS}\nhost = 127.0.0.1\nports = {port}\ncharset.port.{port} = iso-8859-1");
    let agent = showing(&keys);
    agent.connect().write_all(b"<13>- h\xF6st b\n").unwrap();
    agent.program.until("the name", || agent.program.log().contains("host=höst"));
    agent.stop();
}

/// What an http source with these keys answers to a request with `head` more in its head.
fn status(keys: &str, head: &str, body: &str) -> String {
    let agent = showing(&format!("type = http\nbind = 127.0.0.1\nport = 0\n{keys}"));
    let mut stream = agent.connect();
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n{body}"
    );
    // A server that does not read it all may close before it has it.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    agent.stop();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn each_limit_of_http_holds() {
    let long = format!("X-Long: {}\r\n", "x".repeat(10_000));
    let blob = "handler = blob\nhandler.maxBlobLength = 3";
    let whole = r#"[{"body":"x"}]"#;
    for (keys, head, body, expected) in [
        ("", "", whole, "200"),
        ("", &*long, whole, "431"),
        ("HttpConfiguration.requestHeaderSize = 20000", &*long, whole, "200"),
        ("max-body-bytes = 5", "", whole, "413"),
        (blob, "", "abc", "200"),
        (blob, "", "abcd", "413"),
        ("handler = blob\nhandler.mandatoryParameters = a, b", "", "x", "400"),
    ] {
        assert_eq!(status(keys, head, body), expected, "{keys}");
    }
}

#[test]
fn a_silent_http_connection_is_ended() {
    let agent = showing("type = http\nbind = 127.0.0.1\nport = 0\nServerConnector.idleTimeout = 50");
    let mut rest = Vec::new();
    // The client waits a minute at most.
    let _ = agent.connect().read_to_end(&mut rest).unwrap();
    agent.stop();
}

#[test]
fn an_avro_source_lets_in_whom_its_rules_allow() {
    let filter = |rules: &str| {
        showing(&format!("type = avro\nbind = 127.0.0.1\nport = 0\nipFilter = true\nipFilterRules = {rules}"))
    };
    let denied = filter("deny:name:localhost,allow:ip:*");
    // It is closed although nothing was sent.
    let end = denied.connect().read(&mut [0]);
    assert!(end.as_ref().map_or(true, |count| *count == 0), "{end:?}");
    assert!(!matches!(&end, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock), "{end:?}");
    denied.stop();
    let allowed = filter("allow:ip:127.*,deny:ip:*");
    let mut near = sending(&format!("hostname = 127.0.0.1\nport = {}", allowed.addresses(1)[0].port()));
    allowed.program.until("the event", || allowed.program.log().contains("Event: "));
    near.stop();
    allowed.stop();
    let mut bad = filter("allow:everybody");
    assert_eq!(bad.program.wait(), 3);
    assert!(bad.program.log().contains("Invalid ipFilter patternRule 'allow:everybody' should look like"));
}

/// An agent with an avro sink that sends the numbers from 0 to 3, each in a call of its own.
fn sending(sink: &str) -> Program {
    let lines = TO_FILES.lines().filter(|line| !line.contains(".k1."));
    let mut conf: Vec<String> = lines.map(str::to_owned).collect();
    let sink = format!("type = avro\nchannel = c1\nbatch-size = 1\n{sink}");
    conf.extend(sink.lines().map(|line| format!("a1.sinks.k1.{line}")));
    conf.push("a1.sources.r1.type = seq\na1.sources.r1.totalEvents = 4\n".to_owned());
    Program::start(&conf.join("\n"), &[])
}

#[test]
fn each_client_type_uses_the_hosts_in_its_way() {
    let far = || Agent::start("type = avro\nbind = 127.0.0.1\nport = 0");
    // How many events each of two hosts gets; the third is nobody's.
    for (keys, first, second) in [
        ("", &["0", "1", "2", "3"][..], &[][..]),
        ("client.type = default_failover", &["0", "1", "2", "3"], &[]),
        ("client.type = default_loadbalance\nhost-selector = round_robin", &["0", "2"], &["1", "3"]),
    ] {
        let hosts = [far(), far()];
        let [one, two] = hosts.each_ref().map(|host| host.addresses(1)[0].port());
        let sink = format!("hosts = h1 h2\nhosts.h1 = 127.0.0.1:{one}\nhosts.h2 = 127.0.0.1:{two}\n{keys}");
        let mut near = sending(&sink);
        hosts[0].expect(first);
        hosts[1].expect(second);
        near.stop();
        for host in hosts {
            host.stop();
        }
    }
    // A host that is not there is passed over.
    let balance =
        "client.type = default_loadbalance\nhost-selector = random\nbackoff = true\nmaxBackoff = 60000";
    for keys in ["client.type = default_failover\nmax-attempts = 2", balance] {
        let host = far();
        let port = host.addresses(1)[0].port();
        let sink = format!("hosts = h1 h2\nhosts.h1 = 127.0.0.1:1\nhosts.h2 = 127.0.0.1:{port}\n{keys}");
        let mut near = sending(&sink);
        host.expect(&["0", "1", "2", "3"]);
        near.stop();
        host.stop();
    }
}
