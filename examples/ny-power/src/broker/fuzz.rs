//! Whatever bytes come, decoding gives a packet or a reason.

use flowcore::base::Clock;
use flowcore_testkit::Random;
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder};

use super::config::Limits;
use super::decode::Decoder;
use super::decode_connect::connect;
use super::packet::Version;

/// Packets of each kind, for both versions.
const SAMPLES: [&[u8]; 14] = [
    b"\x10\x24\0\x04MQTT\x04\xf6\0\x3c\0\x01c\0\x01t\0\x04will\0\x04pump\0\x06secret",
    b"\x10\x30\0\x04MQTT\x05\xf6\0\x3c\x05\x11\0\0\0\x05\0\x01c\x05\x18\0\0\0\x01\0\x01t\0\x04will\0\x04pump\0\x06secret",
    b"\x32\x0c\0\x03a/b\0\x01hello",
    b"\x35\x17\0\x03a/b\0\x01\x0a\x02\0\0\0\x05\x26\0\x01k\0\x01vhello",
    b"\x40\x02\0\x01",
    b"\x50\x04\0\x01\x10\0",
    b"\x62\x03\0\x01\x92",
    b"\x70\x02\0\x01",
    b"\x82\x08\0\x01\0\x03a/#\x01",
    b"\x82\x0b\0\x01\x02\x0b\x05\0\x03a/#\x2d",
    b"\xa2\x07\0\x01\0\x03a/#",
    b"\xa2\x08\0\x01\0\0\x03a/#",
    b"\xe0\x07\x04\x05\x11\0\0\0\x09",
    b"\xf0\x02\x18\0",
];

fn decode(bytes: &[u8]) -> usize {
    let limits = Limits::default();
    let clock = Clock::system();
    let mut builder = PacketBuilder::with_maximum_packet_size(10_000);
    let mut cursor = Cursor::new(bytes);
    let mut packets = 0;
    while let PacketBuildResult::Complete(raw) = builder.feed(&mut cursor) {
        packets += usize::from(connect(&raw, &limits, &clock).is_ok());
        for version in [Version::V311, Version::V5] {
            packets += usize::from(Decoder { version, limits: &limits }.request(&raw, &clock).is_ok());
        }
    }
    packets
}

#[test]
fn each_sample_is_a_packet_of_a_version() {
    for sample in SAMPLES.iter().take(13) {
        assert!(decode(sample) > 0, "{sample:?}");
    }
}

#[test]
fn changed_cut_and_random_bytes_give_a_packet_or_a_reason() {
    let mut taken = 0;
    for seed in 0..200_000 {
        let mut random = Random::new(seed);
        let mut bytes = SAMPLES[random.index(SAMPLES.len())].to_vec();
        for _ in 0..=random.index(4) {
            let at = random.index(bytes.len());
            match random.below(3) {
                0 => bytes[at] = random.below(256).to_le_bytes()[0],
                1 => bytes.insert(at, random.below(256).to_le_bytes()[0]),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
        // So that most are whole.
        if bytes.len() > 1 && bytes.len() < 130 && random.percent(90) {
            bytes[1] = u8::try_from(bytes.len() - 2).unwrap();
        }
        taken += decode(&bytes);
    }
    assert!(taken > 10_000, "{taken} of them are packets");
}
