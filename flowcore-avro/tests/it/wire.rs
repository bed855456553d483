//! The bytes alone, without sockets.

use bytes::Bytes;
use flowcore::event::Event;
use flowcore_avro::wire::{
    Call, Decoder, EventDecoder, Frame, FrameDecoder, HandshakeRequest, HandshakeResponse, Limits, Reader,
    append_batch, parse_reply, read_call,
};
use flowcore_testkit::Random;

use crate::client::{call, first_call, split_buffers};

fn text(random: &mut Random, most: usize) -> String {
    (0..random.index(most)).map(|_| ['a', 'é', '✓', '\0', ' '][random.index(5)]).collect()
}

fn event(random: &mut Random) -> Event {
    let length = random.index(300);
    let body: Vec<u8> = (0..length).map(|_| random.next_u64().to_le_bytes()[0]).collect();
    (0..random.index(5)).fold(Event::new(body), |event, _| {
        let (name, value) = (text(random, 8), text(random, 30));
        event.with_header(name, value)
    })
}

fn frames(decoder: &mut FrameDecoder, bytes: &[u8], random: &mut Random) -> Vec<Frame> {
    let (mut frames, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (now, later) = rest.split_at((1 + random.index(40)).min(rest.len()));
        decoder.input().extend_from_slice(now);
        while let Ok(Some(frame)) = decoder.next_frame() {
            frames.push(frame);
        }
        rest = later;
    }
    frames
}

#[test]
fn any_events_in_any_buffers_and_reads_come_back_as_they_were() {
    let mut random = Random::seeded(17);
    for _ in 0..300 {
        let batches: Vec<Vec<Event>> = (0..=random.index(4))
            .map(|_| (0..random.index(6)).map(|_| event(&mut random)).collect())
            .collect();
        let mut bytes = Vec::new();
        for (serial, batch) in (0..).zip(&batches) {
            let whole = call(serial, batch);
            let mut cuts: Vec<usize> = (0..random.index(4)).map(|_| random.index(whole.len() - 11)).collect();
            cuts.sort_unstable();
            bytes.extend(split_buffers(&whole, &cuts));
        }
        let limits = Limits::default();
        let mut events = EventDecoder::new(limits);
        let frames = frames(&mut FrameDecoder::new(limits), &bytes, &mut random);
        let read: Vec<Call> = frames
            .iter()
            .map(|frame| read_call(&frame.body, &mut Reader::new(&frame.body), &mut events, &limits).unwrap())
            .collect();
        assert_eq!(read, batches.into_iter().map(Call::Put).collect::<Vec<_>>());
    }
}

#[test]
fn bytes_that_were_changed_or_cut_are_refused_or_read_within_the_limits() {
    let mut random = Random::seeded(23);
    let limits = Limits { frame_bytes: 1 << 16, buffers: 100, events: 50, headers: 10 };
    let mut refused = 0;
    for _ in 0..20_000 {
        let batch: Vec<Event> = (0..random.index(4)).map(|_| event(&mut random)).collect();
        let mut bytes = first_call(1, &batch);
        for _ in 0..=random.index(3) {
            let at = random.index(bytes.len());
            bytes[at] = random.next_u64().to_le_bytes()[0];
        }
        bytes.truncate(bytes.len() - random.index(3));
        let body = Bytes::from(bytes.split_off(12));
        let mut reader = Reader::new(&body);
        let read = HandshakeRequest::read(&mut reader, &limits)
            .and_then(|_| read_call(&body, &mut reader, &mut EventDecoder::new(limits), &limits));
        match read {
            Ok(Call::Put(events)) => assert!(events.len() <= limits.events),
            Ok(Call::Ping | Call::Unknown) => {}
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn bytes_without_any_sense_are_refused_and_never_make_it_panic() {
    let mut random = Random::seeded(29);
    let limits = Limits { frame_bytes: 1 << 12, ..Limits::default() };
    for _ in 0..50_000 {
        let length = random.index(60);
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                if random.percent(50) {
                    random.next_u64().to_le_bytes()[0]
                } else {
                    [0, 1, 2, 4][random.index(4)]
                }
            })
            .collect();
        let body = Bytes::from(bytes.clone());
        let mut decoder = FrameDecoder::new(limits);
        decoder.input().extend_from_slice(&bytes);
        while let Ok(Some(frame)) = decoder.next_frame() {
            assert!(frame.body.len() <= limits.frame_bytes);
        }
        let call = read_call(&body, &mut Reader::new(&body), &mut EventDecoder::new(limits), &limits);
        if let Ok(Call::Put(events)) = call {
            let mut again = Vec::new();
            append_batch(&mut again, &events);
            let body = Bytes::from(again);
            let read = read_call(&body, &mut Reader::new(&body), &mut EventDecoder::new(limits), &limits);
            assert_eq!(read, Ok(Call::Put(events)));
        }
        // Whatever they say: these only must not panic.
        let _ = HandshakeResponse::read(&mut Reader::new(&bytes), &limits);
        let _ = parse_reply(&mut Reader::new(&bytes), &limits);
    }
}
