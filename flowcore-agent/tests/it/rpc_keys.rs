//! What each key of the sinks of Avro and Thrift does, by what a server sees and what the sink counts.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use flowcore_testkit::free_port;

use crate::monitoring::Watched;
use crate::network::Agent;
use crate::program::{Program, TO_FILES};
use crate::tls::{PASSWORD, openssl_sends, server, store};

/// An agent of a source and a sink, whose sink writes no files.
pub(crate) fn conf(source: &str, sink: &str) -> String {
    let rest: Vec<&str> = TO_FILES.lines().filter(|line| !line.contains(".k1.")).collect();
    let keys = |name: &str, keys: &str| {
        let lines: Vec<String> = keys.lines().map(|line| format!("a1.{name}.{line}")).collect();
        lines.join("\n")
    };
    let sink = keys("sinks.k1", &format!("channel = c1\n{sink}"));
    format!("{}\n{}\n{sink}\n", rest.join("\n"), keys("sources.r1", source))
}

fn near(source: &str, sink: &str) -> Watched {
    Watched::start(&conf(source, sink), &[])
}

fn far(kind: &str) -> Agent {
    Agent::start(&format!("type = {kind}\nbind = 127.0.0.1\nport = 0"))
}

fn port(far: &Agent) -> u16 {
    far.addresses(1)[0].port()
}

#[test]
fn so_many_hosts_are_tried_before_a_delivery_has_failed() {
    for kind in ["avro", "thrift"] {
        for (keys, failures) in
            [("", 0), ("max-attempts = 3", 0), ("max-attempts = 2", 1), ("max-attempts = 1", 2)]
        {
            let far = far(kind);
            let hosts = format!(
                "hosts = h1 h2 h3\nhosts.h1 = 127.0.0.1:1\nhosts.h2 = 127.0.0.1:1\nhosts.h3 = 127.0.0.1:{}",
                port(&far)
            );
            let sink = format!("type = {kind}\nclient.type = default_failover\n{hosts}\n{keys}");
            let mut near = near("type = seq\ntotalEvents = 1", &sink);
            near.until("SINK.k1", "EventDrainSuccessCount", "1");
            let counts = ["EventWriteFail", "ConnectionFailedCount", "ConnectionCreatedCount"];
            assert_eq!(counts.map(|count| near.count("SINK.k1", count)), [failures, 2, 1], "{kind} {keys}");
            near.program.stop();
            far.stop();
        }
    }
}

#[test]
fn a_host_that_fails_is_told_of_once_and_that_it_works_again() {
    let (port_of_one, other) = (free_port(), far("avro"));
    let hosts =
        format!("hosts = h1 h2\nhosts.h1 = 127.0.0.1:{port_of_one}\nhosts.h2 = 127.0.0.1:{}", port(&other));
    let sink = format!("type = avro\nclient.type = default_loadbalance\nbatch-size = 1\n{hosts}");
    let mut near = near("type = seq", &sink);
    let counts = |near: &Watched| near.count("SINK.k1", "ConnectionFailedCount");
    near.program.until("many tries", || counts(&near) > 100);
    let log = near.program.log();
    assert_eq!(log.matches("the next server is tried").count(), 1, "{log}");
    assert!(log.contains(&format!("cannot connect to 127.0.0.1:{port_of_one}: Connection refused")), "{log}");
    let one = Agent::start(&format!("type = avro\nbind = 127.0.0.1\nport = {port_of_one}"));
    near.program.until("it works again", || near.program.log().contains("a server works again"));
    near.program.stop();
    one.stop();
    other.stop();
}

/// How often a host that is not there was tried while 400 calls went to another one.
fn tries(keys: &str) -> u64 {
    let far = far("avro");
    let hosts = format!("hosts = h1 h2\nhosts.h1 = 127.0.0.1:1\nhosts.h2 = 127.0.0.1:{}", port(&far));
    let sink = format!("type = avro\nclient.type = default_loadbalance\nbatch-size = 1\n{hosts}\n{keys}");
    let mut near = near("type = seq\ntotalEvents = 400", &sink);
    near.until("SINK.k1", "EventDrainSuccessCount", "400");
    let tries = near.count("SINK.k1", "ConnectionFailedCount");
    near.program.stop();
    far.stop();
    tries
}

#[test]
fn a_host_that_failed_is_left_out_with_backoff_for_the_longest_time_at_most() {
    assert_eq!(tries("backoff = false"), 200);
    assert_eq!(tries(""), 200);
    // 2, 4, 8, 16 and then 30 seconds.
    let few = tries("backoff = true");
    assert!((1..8).contains(&few), "{few}");
    let many = tries("backoff = true\nmaxBackoff = 1");
    assert!(many >= 8, "{many}");
}

#[test]
fn an_avro_connection_is_made_anew_after_the_interval_of_either_name() {
    let lines = "type = exec\nshell = /bin/sh -c\nbatchTimeout = 0\n\
                 command = for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done";
    for (keys, is_reset) in
        [("reset-connection-interval = 1", true), ("connection-reset-interval = 1", true), ("", false)]
    {
        let far = far("avro");
        let sink = format!("type = avro\nhostname = 127.0.0.1\nport = {}\n{keys}", port(&far));
        let mut near = near(lines, &sink);
        near.until("SINK.k1", "EventDrainSuccessCount", "6");
        let connections = near.count("SINK.k1", "ConnectionCreatedCount");
        assert_eq!(connections > 1, is_reset, "{keys}: {connections} connections");
        assert_eq!(near.count("SINK.k1", "EventWriteFail"), 0, "{keys}");
        near.program.stop();
        far.stop();
    }
}

/// Takes connections, and says nothing.
pub(crate) fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn trust() -> String {
    let store = store("trust.p12");
    format!("ssl = true\ntruststore = {}\ntruststore-password = {PASSWORD}", store.display())
}

#[test]
fn an_avro_server_has_the_time_of_the_keys() {
    for (keys, said) in [
        ("request-timeout = 150".to_owned(), "did not answer within 150ms"),
        // There is nobody to shake hands with.
        (format!("connect-timeout = 150\n{}", trust()), "did not accept a connection within 150ms"),
    ] {
        let (_listener, port) = silent();
        let sink = format!("type = avro\nhostname = localhost\nport = {port}\n{keys}");
        let near = Program::start(&conf("type = seq\ntotalEvents = 1", &sink), &[]);
        near.until(said, || near.log().contains(said));
    }
}

/// The first bytes that an avro sink sends.
fn first_bytes(keys: &str) -> [u8; 2] {
    let (listener, port) = silent();
    let sink =
        format!("type = avro\nhostname = localhost\nport = {port}\ncompression-type = deflate\n{keys}");
    let near = Program::start(&conf("type = seq\ntotalEvents = 1", &sink), &[]);
    listener.set_nonblocking(true).unwrap();
    let mut stream = None;
    near.until("a connection", || {
        stream = listener.accept().ok().map(|(stream, _)| stream);
        stream.is_some()
    });
    read_two(stream.unwrap())
}

fn read_two(mut stream: TcpStream) -> [u8; 2] {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut bytes = [0; 2];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_is_sent_is_compressed_at_the_level_of_the_key() {
    // The head of a stream says at which of four levels it was made.
    for (keys, level) in [("compression-level = 1", 0), ("", 2), ("compression-level = 9", 3)] {
        let [method, flags] = first_bytes(keys);
        assert_eq!((method, flags >> 6), (0x78, level), "{keys}");
    }
}

#[test]
fn compression_lies_outside_or_inside_of_tls() {
    const DEFLATE: u8 = 0x78;
    const HANDSHAKE: u8 = 0x16;
    let orders = [
        ("", DEFLATE),
        ("compression-tls-order = deflate-outside", DEFLATE),
        ("compression-tls-order = tls-outside", HANDSHAKE),
    ];
    for (keys, first) in orders {
        assert_eq!(first_bytes(&format!("{}\n{keys}", trust()))[0], first, "{keys}");
        let source = format!(
            "type = avro\nbind = 127.0.0.1\nport = 0\ncompression-type = deflate{}\n{keys}",
            server("own.p12")
        );
        let far = Agent::start(&source);
        // It speaks TLS at once, and nothing else.
        assert_eq!(openssl_sends(port(&far), "", ""), first == HANDSHAKE, "{keys}");
        let sink = format!(
            "type = avro\nhostname = localhost\nport = {}\ncompression-type = deflate\n{}\n{keys}",
            port(&far),
            trust()
        );
        let mut near = Program::start(&conf("type = seq\ntotalEvents = 3", &sink), &[]);
        far.expect(&["0", "1", "2"]);
        near.stop();
        far.stop();
    }
}

#[test]
fn calls_of_a_delivery_go_over_as_many_connections_as_there_may_be() {
    // Two events that are no one frame.
    let source = "type = stress\nsize = 9000000\nbatchSize = 2\nmaxTotalEvents = 2";
    for (keys, connections) in [("maxConnections = 1", 1), ("", 2)] {
        let far = far("thrift");
        let sink =
            format!("type = thrift\nhostname = 127.0.0.1\nport = {}\nbatch-size = 2\n{keys}", port(&far));
        let room = "a1.channels.c1.byteCapacity = 100000000\n";
        let mut near = Watched::start(&(conf(source, &sink) + room), &[]);
        near.until("SINK.k1", "EventDrainSuccessCount", "2");
        assert_eq!(near.count("SINK.k1", "ConnectionCreatedCount"), connections, "{keys}");
        near.program.stop();
        far.stop();
    }
}

#[test]
fn a_thrift_sink_sends_to_its_first_host_whatever_its_client_is() {
    for client in ["default", "default_failover", "default_loadbalance", "thrift"] {
        let hosts = [far("thrift"), far("thrift")];
        let [one, two] = hosts.each_ref().map(port);
        let sink = format!(
            "type = thrift\nbatch-size = 1\nclient.type = {client}\nhosts = h1 h2\nhosts.h1 = 127.0.0.1:{one}\n\
             hosts.h2 = 127.0.0.1:{two}"
        );
        let mut near = Program::start(&conf("type = seq\ntotalEvents = 4", &sink), &[]);
        hosts[0].expect(&["0", "1", "2", "3"]);
        hosts[1].expect(&[]);
        near.stop();
        for host in hosts {
            host.stop();
        }
    }
}
