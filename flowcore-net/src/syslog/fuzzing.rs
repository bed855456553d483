//! What fuzz targets reach of this module.

use flowcore::base::Timestamp;
use flowcore::event::Event;

use super::frame::{Framer, Status};
use super::line::LineCutter;
use super::line_parser::LineParser;
use super::message::MessageParser;
use super::{KeepFields, OwnFormat, Zone};
use crate::Charset;

/// What the tcp source makes of the reads of a connection.
pub fn tcp<'a>(
    reads: impl IntoIterator<Item = &'a [u8]>,
    size: usize,
    keep: KeepFields,
    now: Timestamp,
) -> Vec<Event> {
    let (mut framer, parser) = (Framer::new(size), MessageParser::new(keep, Zone::UTC.0));
    let mut events = Vec::new();
    for read in reads {
        framer.feed(read, |message, status| events.push(parser.event(message, status, now)));
    }
    events
}

/// What the udp source makes of datagrams.
pub fn udp<'a>(
    datagrams: impl IntoIterator<Item = &'a [u8]>,
    size: usize,
    keep: KeepFields,
    now: Timestamp,
) -> Vec<Event> {
    let (mut framer, parser) = (Framer::new(size), MessageParser::new(keep, Zone::UTC.0));
    let mut events = Vec::new();
    for datagram in datagrams {
        framer.datagram(datagram, |message, status| events.push(parser.event(message, status, now)));
    }
    events
}

/// What the multiport source makes of the reads of a connection.
pub fn multiport<'a>(
    reads: impl IntoIterator<Item = &'a [u8]>,
    size: usize,
    keep: KeepFields,
    charset: Charset,
    now: Timestamp,
) -> Vec<Event> {
    let (mut cutter, parser) = (LineCutter::new(size), LineParser::new(keep, Zone::UTC.0));
    let mut events = Vec::new();
    for read in reads {
        cutter.feed(read, |line, whole| events.push(parser.event(line, whole, charset, now)));
    }
    events
}

/// What the tcp and udp sources make of a message when a form of the user's is tried first.
pub fn own_format(message: &[u8], format: &OwnFormat, keep: KeepFields, now: Timestamp) -> Event {
    let parser = MessageParser::new(keep, Zone::UTC.0).own_format(Some(format.clone()));
    parser.event(message, Status::Whole, now)
}
