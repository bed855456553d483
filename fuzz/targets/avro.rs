//! Avro RPC: frames however they are split, handshakes, calls and answers.
#![no_main]

use bytes::Bytes;
use flowcore::event::Event;
use flowcore_avro::wire::{
    Call, Decoder, EventDecoder, Frame, FrameDecoder, HandshakeRequest, HandshakeResponse, Limits, Reader,
    WireError, append_batch, parse_reply, read_call,
};

const LIMITS: Limits = Limits { frame_bytes: 4096, buffers: 16, events: 100, headers: 8 };

fn frames<'a>(reads: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<WireError>) {
    let (mut decoder, mut frames) = (FrameDecoder::new(LIMITS), Vec::new());
    for read in reads {
        decoder.input().extend_from_slice(read);
        assert!(
            decoder.worth_reserving() <= (16 << 10).max(decoder.held()),
            "room for what was only claimed"
        );
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

/// A frame as a server reads it: a handshake if it is the first, then a call.
fn ask(frame: &Frame, is_first: bool, decoder: &mut EventDecoder) -> Result<Call, WireError> {
    let mut reader = Reader::new(&frame.body);
    if is_first {
        let request = HandshakeRequest::read(&mut reader, &LIMITS)?;
        let mut answer = Vec::new();
        request.answer().write(&mut answer);
        assert!(HandshakeResponse::read(&mut Reader::new(&answer), &LIMITS).is_ok());
    }
    read_call(&frame.body, &mut reader, decoder, &LIMITS)
}

/// What was read is read again when it was written.
fn again(events: &[Event]) {
    let mut bytes = Vec::new();
    append_batch(&mut bytes, events);
    let (bytes, limits) = (Bytes::from(bytes), Limits::default());
    let read = read_call(&bytes, &mut Reader::new(&bytes), &mut EventDecoder::new(limits), &limits);
    assert_eq!(read, Ok(Call::Put(events.to_vec())));
}

/// A frame as a client reads it.
fn answer(frame: &Frame, is_first: bool) {
    let mut reader = Reader::new(&frame.body);
    if !is_first || HandshakeResponse::read(&mut reader, &LIMITS).is_ok() {
        let _ = parse_reply(&mut reader, &LIMITS);
    }
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([seed], bytes)) = flowcore_fuzz::steered(input) else { return };
    let (whole, error) = frames([bytes].into_iter());
    assert_eq!(frames(flowcore_fuzz::reads(bytes, seed)), (whole.clone(), error));
    let mut decoder = EventDecoder::new(LIMITS);
    for (at, frame) in whole.iter().enumerate() {
        answer(frame, at == 0);
        match ask(frame, at == 0, &mut decoder) {
            Ok(Call::Put(events)) => again(&events),
            Ok(Call::Ping | Call::Unknown) => {}
            Err(_) => return,
        }
    }
});
