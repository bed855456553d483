//! The thrift source and sink: what each key does.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use crate::network::{Agent, sends_to};
use crate::program::{Program, TO_FILES};
use crate::tls::{server, store};

/// A server whose answers the test gives.
struct Server {
    listener: TcpListener,
    port: u16,
}

/// An answer of the compact protocol to the first call of a connection.
const OK: &[u8] = b"\0\0\0\x13\x82\x41\x01\x0bappendBatch\x05\0\0\0";

impl Server {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    /// An agent whose sink has these keys, and sends what a command prints.
    fn sender(&self, command: &str, keys: &str) -> Program {
        let rest: Vec<&str> = TO_FILES.lines().filter(|line| !line.contains(".k1.")).collect();
        let sink = format!("type = thrift\nchannel = c1\n{keys}");
        let sink = sink.replace("{port}", &self.port.to_string());
        let sink: Vec<String> = sink.lines().map(|line| format!("a1.sinks.k1.{line}")).collect();
        let source = format!(
            "a1.sources.r1.type = exec\na1.sources.r1.shell = /bin/sh -c\n\
             a1.sources.r1.batchTimeout = 50\na1.sources.r1.command = {command}"
        );
        Program::start(&format!("{}\n{}\n{source}\n", rest.join("\n"), sink.join("\n")), &[])
    }

    fn accept(&self, sender: &Program) -> TcpStream {
        let mut accepted = None;
        sender.until("a connection", || {
            accepted = match self.listener.accept() {
                Ok((stream, _)) => Some(stream),
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                Err(error) => panic!("{error}"),
            };
            accepted.is_some()
        });
        let stream = accepted.unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        stream
    }
}

/// The next call, without the length of its frame.
fn call(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut call = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut call).unwrap();
    call
}

const HERE: &str = "hostname = 127.0.0.1\nport = {port}\n";

#[test]
fn a_thrift_sink_sends_to_a_thrift_source() {
    for (source, sink) in [
        ("protocol = Binary", "hostname = 127.0.0.1\nport = {port}\nprotocol = binary\nbatch-size = 2"),
        ("threads = 4", "hosts = gone there\nhosts.gone = 127.0.0.1:1\nhosts.there = 127.0.0.1:{port}"),
    ] {
        let far = Agent::start(&format!("type = thrift\nbind = 127.0.0.1\nport = 0\n{source}"));
        let mut near = sends_to(&far, &format!("type = thrift\n{sink}"));
        far.expect(&["0", "1", "2", "3", "4"]);
        near.stop();
        far.stop();
    }
}

#[test]
fn a_thrift_sink_sends_by_tls_to_those_it_trusts() {
    let far = Agent::start(&format!("type = thrift\nbind = 127.0.0.1\nport = 0{}", server("own.p12")));
    let sink = "type = thrift\nhostname = localhost\nport = {port}\nssl = true";
    let stranger = sends_to(&far, sink);
    stranger.until("the refusal", || stranger.log().contains("certificate"));
    drop(stranger);
    let trust = format!("truststore = {}\ntruststore-password = changeit", store("trust.jks").display());
    let mut near = sends_to(&far, &format!("{sink}\n{trust}"));
    far.expect(&["0", "1", "2", "3", "4"]);
    near.stop();
    far.stop();
}

#[test]
fn the_sizes_and_the_protocol_of_calls_are_those_of_the_keys() {
    // Behind the name: the field, and a list of so many structures.
    let table: [(&str, &[u8], &[u8]); 4] = [
        ("batch-size = 3\n", b"\x82\x21\x01\x0bappendBatch", b"\x19\x3c"),
        ("", b"\x82\x21\x01\x0bappendBatch", b"\x19\xfc\x14"),
        ("protocol = compact\nmaxConnections = 1\n", b"\x82\x21\x01\x0bappendBatch", b"\x19\xfc\x14"),
        (
            "protocol = BINARY\n",
            b"\x80\x01\0\x01\0\0\0\x0bappendBatch\0\0\0\x01",
            b"\x0f\0\x01\x0c\0\0\0\x14",
        ),
    ];
    for (keys, head, list) in table {
        let far = Server::listen();
        let near = far.sender("seq 20", &format!("{HERE}{keys}"));
        let mut stream = far.accept(&near);
        let call = call(&mut stream);
        let expected = [head, list].concat();
        assert!(call.starts_with(&expected), "{keys}: {:?}", String::from_utf8_lossy(&call));
    }
}

#[test]
fn a_server_has_the_time_of_the_keys() {
    let sealed = format!(
        "ssl = true\ntruststore = {}\ntruststore-password = changeit\nconnect-timeout = 150",
        store("trust.p12").display()
    );
    for (keys, said) in [
        ("request-timeout = 150", "did not answer within 150ms"),
        // There is nobody to shake hands with.
        (&sealed, "did not accept a connection within 150ms"),
    ] {
        let far = Server::listen();
        let near = far.sender("echo one", &format!("{HERE}{keys}"));
        let _silent = far.accept(&near);
        near.until(said, || near.log().contains(said));
    }
}

/// A program that is stopped for a while is interrupted in its wait.
fn has_more(stream: &TcpStream) -> bool {
    loop {
        match stream.peek(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            peeked => return peeked.unwrap() > 0,
        }
    }
}

#[test]
fn connections_are_made_anew_after_the_interval_of_either_name() {
    for key in ["reset-connection-interval", "connection-reset-interval"] {
        let far = Server::listen();
        let lines = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.4; done";
        let near = far.sender(lines, &format!("{HERE}{key} = 1"));
        let mut first = far.accept(&near);
        let mut calls = 0u8;
        // Until the sink closes it.
        while has_more(&first) {
            call(&mut first);
            calls += 1;
            let mut answer = OK.to_vec();
            answer[6] = calls;
            first.write_all(&answer).unwrap();
        }
        assert!(calls > 0, "{}", near.log());
        call(&mut far.accept(&near));
    }
}
