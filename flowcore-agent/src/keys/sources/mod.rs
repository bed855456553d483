mod files;
mod kafka;
mod network;
mod second;
mod syslog;

use super::component::{ComponentType, Transport};
use super::key::{INT, Key, Kind, count, key, text};
use super::{Section, tls};

pub(super) const ALL: &[&[ComponentType]] =
    &[files::ALL, network::ALL, syslog::ALL, kafka::ALL, &[SEQ, STRESS], second::ALL];

const fn source(name: &'static str, classes: &'static [&'static str]) -> ComponentType {
    ComponentType::new(Section::Source, name, classes)
}

/// The pauses of a source that asks again and again.
const POLLED: &[Key] = &[
    key("backoffSleepIncrement", Kind::Millis(0)).or("1000"),
    key("maxBackoffSleep", Kind::Millis(0)).or("5000"),
];

/// Flume pauses after the last number, and there alone.
const COUNTED: &[Key] = &[
    text("backoffSleepIncrement").idle("it goes on as soon as there is room"),
    text("maxBackoffSleep").idle("it goes on as soon as there is room"),
];

const SEQ: ComponentType =
    source("seq", &["org.apache.flume.source.SequenceGeneratorSource"]).batch("batchSize").keys(&[
        &[count("batchSize").or("1"), key("totalEvents", Kind::Int(0, i64::MAX)).or("9223372036854775807")],
        COUNTED,
    ]);

const STRESS: ComponentType =
    source("stress", &["org.apache.flume.source.StressSource"]).batch("batchSize").keys(&[
        &[
            // A larger body would be refused by any channel.
            key("size", Kind::Int(0, 64 << 20)).or("500"),
            key("maxTotalEvents", Kind::Int(-1, i64::MAX)).or("-1"),
            key("maxSuccessfulEvents", Kind::Int(-1, i64::MAX)).or("-1"),
            count("batchSize").or("1"),
            key("maxEventsPerSecond", Kind::Int(0, INT)).or("0"),
        ],
        POLLED,
    ]);
