//! What sources that listen do by the number, seen in what they count.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::monitoring::Watched;
use crate::network::{addresses, ask, post_over};
use crate::network_keys::shown;

fn start(source: &str) -> Watched {
    Watched::start(&shown(source), &[])
}

fn connect(watched: &Watched) -> TcpStream {
    let stream = TcpStream::connect(addresses(&watched.program, 1)[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    stream
}

#[test]
fn so_many_messages_of_a_read_are_put_together() {
    for (keys, batches) in [
        ("", 1),
        ("batchSize = 3", 2),
        ("batchSize = 1", 4),
        ("readBufferBytes = 1", 4),
        // As the guide has it.
        ("readBufferSize = 1", 4),
    ] {
        let mut watched = start(&format!("type = multiport_syslogtcp\nhost = 127.0.0.1\nports = 0\n{keys}"));
        connect(&watched).write_all(b"<13>- h 1\n<13>- h 2\n<13>- h 3\n<13>- h 4\n").unwrap();
        watched.until("SOURCE.r1", "EventAcceptedCount", "4");
        assert_eq!(watched.count("SOURCE.r1", "AppendBatchReceivedCount"), batches, "{keys}");
        watched.program.stop();
    }
}

#[test]
fn one_more_connection_waits_for_one_that_ends() {
    for (keys, waits) in [("max-connections = 1", true), ("max-connections = 2", false), ("", false)] {
        let mut watched = start(&format!("type = netcat\nbind = 127.0.0.1\nport = 0\n{keys}"));
        let mut first = connect(&watched);
        assert_eq!(ask(&mut first, b"one\n", 3), "OK\n");
        let mut second = connect(&watched);
        second.write_all(b"two\n").unwrap();
        let mut answer = [0; 3];
        if !waits {
            second.read_exact(&mut answer).unwrap();
        }
        assert_eq!(ask(&mut first, b"three\n", 3), "OK\n");
        assert_eq!(watched.count("SOURCE.r1", "OpenConnectionCount"), if waits { 1 } else { 2 }, "{keys}");
        drop(first);
        if waits {
            second.read_exact(&mut answer).unwrap();
        }
        assert_eq!(&answer, b"OK\n");
        watched.until("SINK.k1", "EventDrainSuccessCount", "3");
        let log = watched.program.log();
        let at = |text: &str| log.find(text).unwrap_or_else(|| panic!("no {text}: {log}"));
        assert_eq!(at(" three }") < at(" two }"), waits, "{keys}: {log}");
        watched.program.stop();
    }
}

#[test]
fn what_cannot_be_read_is_counted() {
    let json = "type = http\nbind = 127.0.0.1\nport = 0\nmax-body-bytes = 40";
    let blob = "type = http\nbind = 127.0.0.1\nport = 0\nhandler = blob\nhandler.mandatoryParameters = a";
    let long = "x".repeat(50);
    for (keys, target, body, status, failures) in [
        (json, "/", r#"[{"body":"x"}]"#, "200", "0"),
        (json, "/", "[", "400", "1"),
        (json, "/", "", "400", "1"),
        (json, "/", &*long, "413", "1"),
        (blob, "/?a=b", "x", "200", "0"),
        (blob, "/", "x", "400", "1"),
    ] {
        let mut watched = start(keys);
        let answer = post_over(connect(&watched), target, body);
        assert_eq!(answer.split(' ').nth(1), Some(status), "{body}: {answer}");
        watched.until("SOURCE.r1", "EventReadFail", failures);
        let accepted = watched.count("SOURCE.r1", "EventAcceptedCount");
        assert_eq!(
            (accepted == 0, watched.count("SOURCE.r1", "EventReceivedCount")),
            (status != "200", accepted)
        );
        watched.program.stop();
    }
    let mut watched = start("type = netcat\nbind = 127.0.0.1\nport = 0\nmax-line-length = 4");
    let mut answer = String::new();
    let mut stream = connect(&watched);
    stream.write_all(b"one\ntoo long\n").unwrap();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("OK\nFAILED: "), "{answer}");
    watched.until("SOURCE.r1", "EventReadFail", "1");
    watched.program.stop();
}
