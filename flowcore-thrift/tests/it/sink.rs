use flowcore::event::Event;
use flowcore::ingest::{Sink, SinkError};
use flowcore_thrift::wire::{Decoder, FrameDecoder, Limits};
use flowcore_thrift::{Protocol, ThriftSink, ThriftSinkConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::agent::{Running, config};
use crate::client::frame;

fn events(count: usize, from: usize) -> Vec<Event> {
    (from..from + count)
        .map(|at| Event::new(format!("event {at}")).with_header("at", at.to_string()))
        .collect()
}

fn sink_to(port: u16) -> ThriftSinkConfig {
    ThriftSinkConfig::new("127.0.0.1", port)
}

/// The innermost of what a sink says.
async fn refusal(config: ThriftSinkConfig) -> String {
    let Err(SinkError::Retry(error)) = ThriftSink::new(config).deliver(&events(1, 0)).await else {
        panic!("it was delivered")
    };
    let mut cause: &dyn std::error::Error = &*error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[tokio::test]
async fn what_is_delivered_is_in_the_channel_of_the_other_side() {
    for protocol in [Protocol::Compact, Protocol::Binary] {
        let source = Running::start(config().protocol(protocol)).await;
        let mut sink = ThriftSink::new(sink_to(source.address.port()).protocol(protocol).batch_size(7));
        sink.deliver(&events(50, 0)).await.unwrap();
        assert_eq!(source.waiting(), 50);
        sink.deliver(&events(1, 50)).await.unwrap();
        sink.stop().await.unwrap();
        assert_eq!(source.stop().await, events(51, 0));
    }
}

#[tokio::test]
async fn a_batch_that_does_not_fit_into_a_frame_is_divided() {
    let limits = Limits { frame_bytes: 100_000, ..Limits::default() };
    let source = Running::start(config().limits(limits)).await;
    let mut sink = ThriftSink::new(sink_to(source.address.port()).batch_size(1000).frame_bytes(100_000));
    let batch: Vec<Event> = (0..1000).map(|at| Event::new(format!("{at:0>1000}"))).collect();
    sink.deliver(&batch).await.unwrap();
    assert_eq!(source.stop().await, batch);
}

async fn first_call(stream: &mut TcpStream) -> bytes::Bytes {
    let mut decoder = FrameDecoder::new(Limits::default());
    loop {
        if let Some(frame) = decoder.next_frame().unwrap() {
            return frame;
        }
        stream.read_buf(decoder.input()).await.unwrap();
    }
}

/// What a sink says to this answer.
async fn said_to(answer: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        first_call(&mut stream).await;
        stream.write_all(answer).await.unwrap();
    };
    let (said, ()) = tokio::join!(refusal(sink_to(port)), serve);
    said.replace(&port.to_string(), "PORT")
}

#[tokio::test]
async fn answers_that_are_none_break_the_connection_and_not_the_sink() {
    let answer = |bytes: &'static [u8]| frame(|out| out.extend(bytes));
    let table = [
        (Vec::new(), "it closed the connection before its answer"),
        (b"\0".to_vec(), "it closed the connection in the middle of a frame"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "a frame has 1213486160 bytes: the limit is 1048576"),
        (vec![0; 40], "a value reaches beyond the end of its frame"),
        (answer(b"\x80\x01\0\x02"), "it speaks the binary protocol"),
        (answer(b"\x82\x41\x02\x01a\x05\0\0\0"), "an answer has the sequence number 2 and not 1"),
        (answer(b"\x82\x41\x01\x01a\x05\0\x02\0"), "127.0.0.1:PORT answered Failed"),
        (answer(b"\x82\x41\x01\x01a\x05\0\x04\0"), "127.0.0.1:PORT answered Error"),
        (answer(b"\x82\x61\x01\x01a\x18\x03why\0"), "127.0.0.1:PORT answered with an error: why"),
    ];
    for (bytes, said) in table {
        assert_eq!(said_to(&bytes).await, said);
    }
}
