//! The bytes alone, without sockets.

use bytes::Bytes;
use flowcore::event::Event;
use flowcore_testkit::Random;
use flowcore_thrift::Protocol;
use flowcore_thrift::wire::{
    Call, Decoder, EventDecoder, FrameDecoder, Limits, Reply, append_batch, read_reply, read_request,
};

use crate::client::call_of;

const BOTH: [Protocol; 2] = [Protocol::Compact, Protocol::Binary];

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

fn batch(random: &mut Random, most: usize) -> Vec<Event> {
    (0..random.index(most)).map(|_| event(random)).collect()
}

#[test]
fn any_events_in_any_reads_come_back_as_they_were() {
    let mut random = Random::seeded(17);
    for round in 0..300 {
        let protocol = BOTH[round % 2];
        let batches: Vec<_> = (0..=random.index(4)).map(|_| batch(&mut random, 30)).collect();
        let mut bytes = Vec::new();
        for (serial, batch) in (0..).zip(&batches) {
            bytes.extend(call_of(protocol, serial, batch));
        }
        let mut frames = FrameDecoder::new(Limits::default());
        let mut events = EventDecoder::new(Limits::default());
        let (mut read, mut rest) = (Vec::new(), &bytes[..]);
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + random.index(40)).min(rest.len()));
            frames.input().extend_from_slice(now);
            while let Some(frame) = frames.next_frame().unwrap() {
                let request = read_request(protocol, &frame, &mut events).unwrap();
                assert_eq!(usize::try_from(request.serial), Ok(read.len()));
                assert_eq!(request.name, "appendBatch");
                read.push(request.call);
            }
            rest = later;
        }
        assert_eq!(read, batches.into_iter().map(Call::Put).collect::<Vec<_>>());
    }
}

#[test]
fn bytes_that_were_changed_or_cut_are_refused_or_read_within_the_limits() {
    let mut random = Random::seeded(23);
    let limits = Limits { frame_bytes: 1 << 16, events: 50, headers: 10, text_bytes: 100, depth: 8 };
    let mut refused = 0;
    for round in 0..20_000 {
        let protocol = BOTH[round % 2];
        let mut bytes = call_of(protocol, 1, &batch(&mut random, 4)).split_off(4);
        for _ in 0..=random.index(3) {
            let at = random.index(bytes.len());
            bytes[at] = random.next_u64().to_le_bytes()[0];
        }
        bytes.truncate(bytes.len() - random.index(3));
        match read_request(protocol, &Bytes::from(bytes), &mut EventDecoder::new(limits)) {
            Ok(request) => {
                let Call::Put(events) = request.call else { continue };
                assert!(events.len() <= limits.events);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn bytes_without_any_sense_are_refused_and_never_make_it_panic() {
    let mut random = Random::seeded(29);
    let limits = Limits { frame_bytes: 1 << 12, depth: 8, ..Limits::default() };
    for round in 0..50_000 {
        let protocol = BOTH[round % 2];
        // Behind the beginning of a call, so that its arguments are looked at.
        let mut bytes = call_of(protocol, 1, &[]).split_off(4);
        bytes.truncate(bytes.len() - [2, 0, 6][random.index(3)]);
        for _ in 0..random.index(60) {
            let byte = random.next_u64().to_le_bytes()[0];
            bytes.push(if random.percent(50) {
                byte
            } else {
                [0, 1, 0x0b, 0x0c, 0x19, 0x1c][random.index(6)]
            });
        }
        let frame = Bytes::from(bytes);
        let request = read_request(protocol, &frame, &mut EventDecoder::new(limits));
        if let Ok(Call::Put(events)) = request.map(|request| request.call) {
            let mut again = Vec::new();
            append_batch(protocol, &mut again, 1, &events);
            let read = read_request(protocol, &Bytes::from(again), &mut EventDecoder::new(limits));
            assert_eq!(read.map(|request| request.call), Ok(Call::Put(events)));
        }
        if let Ok(Reply::Exception(text)) = read_reply(protocol, &frame, 1, &limits) {
            assert!(text.len() <= 4 * frame.len());
        }
    }
}
