//! Thrift RPC in both protocols: frames however they are split, calls and answers.
#![no_main]

use bytes::Bytes;
use flowcore_thrift::Protocol;
use flowcore_thrift::wire::{
    Call, Decoder, EventDecoder, FrameDecoder, Limits, WireError, append_batch, read_reply, read_request,
};

const LIMITS: Limits = Limits { frame_bytes: 4096, events: 100, headers: 8, text_bytes: 200, depth: 8 };

fn frames<'a>(reads: impl Iterator<Item = &'a [u8]>) -> (Vec<Bytes>, Option<WireError>) {
    let (mut decoder, mut frames) = (FrameDecoder::new(LIMITS), Vec::new());
    for read in reads {
        decoder.input().extend_from_slice(read);
        assert!(decoder.worth_reserving() <= 16 << 10, "room for what was only claimed");
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

fn ask(protocol: Protocol, frame: &Bytes, decoder: &mut EventDecoder) {
    let _ = read_reply(protocol, frame, 1, &LIMITS);
    let Ok(request) = read_request(protocol, frame, decoder) else { return };
    let Call::Put(events) = request.call else { return };
    // What was read is read again when it was written.
    let mut bytes = Vec::new();
    append_batch(protocol, &mut bytes, request.serial, &events);
    let again = read_request(protocol, &bytes.into(), &mut EventDecoder::new(Limits::default()));
    let again = again.expect("it was written by us");
    assert_eq!((again.serial, again.call), (request.serial, Call::Put(events)));
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(([seed], bytes)) = flowcore_fuzz::steered(input) else { return };
    let (whole, error) = frames([bytes].into_iter());
    assert_eq!(frames(flowcore_fuzz::reads(bytes, seed)), (whole.clone(), error));
    for protocol in [Protocol::Compact, Protocol::Binary] {
        let mut decoder = EventDecoder::new(LIMITS);
        whole.iter().for_each(|frame| ask(protocol, frame, &mut decoder));
    }
});
