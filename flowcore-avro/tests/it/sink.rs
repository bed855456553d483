use flowcore::event::Event;
use flowcore::ingest::Sink;
use flowcore_avro::wire::{Decoder, FrameDecoder, HASH, HandshakeRequest, Limits, Reader};
use flowcore_avro::{AvroSink, AvroSinkConfig, Compression};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::agent::{Running, config};
use crate::client::frame;

fn events(count: usize, from: usize) -> Vec<Event> {
    (from..from + count)
        .map(|at| Event::new(format!("event {at}")).with_header("at", at.to_string()))
        .collect()
}

fn sink_to(port: u16) -> AvroSinkConfig {
    AvroSinkConfig::new("127.0.0.1", port)
}

async fn is_delivered(sink: &mut AvroSink, events: &[Event]) -> bool {
    match sink.deliver(events).await {
        Ok(()) => true,
        Err(error) => {
            assert!(error.retries(), "{error:?}");
            false
        }
    }
}

#[tokio::test]
async fn what_is_delivered_is_in_the_channel_of_the_other_side() {
    for compression in [Compression::None, Compression::DEFLATE, Compression::Deflate { level: 0 }] {
        let source = Running::start(config().compression(compression)).await;
        let mut sink = AvroSink::new(sink_to(source.address.port()).compression(compression).batch_size(7));
        sink.deliver(&events(50, 0)).await.unwrap();
        assert_eq!(source.waiting(), 50);
        sink.deliver(&events(1, 50)).await.unwrap();
        sink.stop().await.unwrap();
        assert_eq!(source.stop().await, events(51, 0));
    }
}

#[tokio::test]
async fn a_large_batch_comes_through_with_and_without_compression() {
    for compression in [Compression::None, Compression::DEFLATE] {
        let source = Running::start(config().compression(compression)).await;
        let mut sink =
            AvroSink::new(sink_to(source.address.port()).compression(compression).batch_size(10_000));
        let batch: Vec<Event> = (0..2000).map(|at| Event::new(format!("{at:0>1000}"))).collect();
        sink.deliver(&batch).await.unwrap();
        assert_eq!(source.stop().await, batch);
    }
}

#[tokio::test]
async fn answers_that_are_none_break_the_connection_and_not_the_sink() {
    let answers: [&[u8]; 5] = [b"", b"\0", b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0; 40], &[0xff; 100]];
    for answer in answers {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut decoder = FrameDecoder::new(Limits::default());
            while decoder.next_frame().unwrap().is_none() {
                stream.read_buf(decoder.input()).await.unwrap();
            }
            stream.write_all(answer).await.unwrap();
        };
        let mut sink = AvroSink::new(sink_to(port));
        let batch = events(1, 0);
        let (delivered, ()) = tokio::join!(is_delivered(&mut sink, &batch), serve);
        assert!(!delivered, "{answer:?}");
    }
}

#[tokio::test]
async fn the_first_call_has_the_handshake_of_java_and_the_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut decoder = FrameDecoder::new(Limits::default());
        let call = loop {
            if let Some(call) = decoder.next_frame().unwrap() {
                break call;
            }
            stream.read_buf(decoder.input()).await.unwrap();
        };
        // An answer to something else before, and in several buffers.
        let stray = frame(77, |out| out.extend([0, 0, 0]));
        stream.write_all(&stray).await.unwrap();
        stream
            .write_all(b"\0\0\0\x01\0\0\0\x03\0\0\0\x05\0\0\0\x02\0\0\0\0\0\0\0\0\x03\0\0\0")
            .await
            .unwrap();
        call
    };
    let mut sink = AvroSink::new(sink_to(port));
    let batch = events(1, 0);
    let (delivered, call) = tokio::join!(is_delivered(&mut sink, &batch), serve);
    assert!(delivered);
    let request = HandshakeRequest::read(&mut Reader::new(&call.body), &Limits::default()).unwrap();
    assert_eq!((call.serial, request), (1, HandshakeRequest::ours(HASH)));
}
