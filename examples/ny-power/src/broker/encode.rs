//! From what the broker says to bytes, straight into the buffer that is sent.

use bytes::{BufMut, BytesMut};
use mqtt_protocol_core::mqtt::packet::Qos;

use super::packet::{Answer, Delivery, Reason, Version, Welcome};

/// Identifiers of properties of version 5.
mod property {
    pub(super) const MESSAGE_EXPIRY: u8 = 0x02;
    pub(super) const SUBSCRIPTION: u8 = 0x0b;
    pub(super) const SESSION_EXPIRY: u8 = 0x11;
    pub(super) const ASSIGNED_CLIENT: u8 = 0x12;
    pub(super) const PACKET_MAXIMUM: u8 = 0x27;
}

/// Appends the packet. What the version has no words for is nothing.
pub(super) fn encode(version: Version, answer: &Answer, out: &mut BytesMut) {
    match answer {
        Answer::Welcome(welcome) => encode_welcome(version, welcome, out),
        Answer::Refuse(reason) => encode_refusal(version, *reason, out),
        Answer::Publish(delivery) => encode_publish(version, delivery, out),
        Answer::PubAck(id, reason) => acknowledge(version, 0x40, *id, *reason, out),
        Answer::PubRec(id, reason) => acknowledge(version, 0x50, *id, *reason, out),
        Answer::PubRel(id, reason) => acknowledge(version, 0x62, *id, *reason, out),
        Answer::PubComp(id) => acknowledge(version, 0x70, *id, Reason::Success, out),
        Answer::SubAck(id, codes) => acknowledge_filters(version, 0x90, *id, codes, out),
        Answer::UnsubAck(id, codes) => {
            let codes: &[u8] = if version == Version::V5 { codes } else { &[] };
            acknowledge_filters(version, 0xb0, *id, codes, out);
        }
        Answer::Pong => out.put_slice(&[0xd0, 0]),
        Answer::Disconnect(reason) => {
            if version == Version::V5 {
                out.put_slice(&[0xe0, 1, *reason as u8]);
            }
        }
    }
}

fn encode_welcome(version: Version, welcome: &Welcome, out: &mut BytesMut) {
    let flags = u8::from(welcome.session_present);
    if version == Version::V311 {
        return out.put_slice(&[0x20, 2, flags, 0]);
    }
    let mut properties = BytesMut::new();
    if let Some(seconds) = welcome.expiry {
        properties.put_u8(property::SESSION_EXPIRY);
        properties.put_u32(seconds);
    }
    if let Some(client) = &welcome.assigned {
        properties.put_u8(property::ASSIGNED_CLIENT);
        put_text(client, &mut properties);
    }
    properties.put_u8(property::PACKET_MAXIMUM);
    properties.put_u32(welcome.packet_maximum);
    out.put_u8(0x20);
    put_length(2 + length_bytes(properties.len()) + properties.len(), out);
    out.put_slice(&[flags, 0]);
    put_length(properties.len(), out);
    out.put_slice(&properties);
}

fn encode_refusal(version: Version, reason: Reason, out: &mut BytesMut) {
    match version {
        Version::V5 => out.put_slice(&[0x20, 3, 0, reason as u8, 0]),
        Version::V311 => out.put_slice(&[0x20, 2, 0, return_code(reason)]),
    }
}

/// What 3.1.1 says to a CONNECT.
fn return_code(reason: Reason) -> u8 {
    match reason {
        Reason::UnsupportedProtocolVersion => 1,
        Reason::ClientIdentifierNotValid => 2,
        Reason::ServerBusy | Reason::ServerShuttingDown => 3,
        _ => 5,
    }
}

fn encode_publish(version: Version, delivery: &Delivery, out: &mut BytesMut) {
    let message = &delivery.message;
    let properties = if version == Version::V5 { property_bytes(delivery) } else { 0 };
    let head = if version == Version::V5 { length_bytes(properties) + properties } else { 0 };
    let id = if delivery.qos == Qos::AtMostOnce { 0 } else { 2 };
    let flags = u8::from(delivery.again) << 3 | (delivery.qos as u8) << 1 | u8::from(delivery.retain);
    out.put_u8(0x30 | flags);
    put_length(2 + message.topic.len() + id + head + message.payload.len(), out);
    put_text(&message.topic, out);
    if id > 0 {
        out.put_u16(delivery.id);
    }
    if version == Version::V5 {
        put_length(properties, out);
        put_properties(delivery, out);
    }
    out.put_slice(message.payload.as_slice());
}

fn property_bytes(delivery: &Delivery) -> usize {
    let subscription = |id: &u32| 1 + length_bytes(*id as usize);
    delivery.message.properties.iter().map(mqtt_protocol_core::mqtt::packet::Property::size).sum::<usize>()
        + delivery.subscriptions.iter().map(subscription).sum::<usize>()
        + delivery.expiry.map_or(0, |_| 5)
}

fn put_properties(delivery: &Delivery, out: &mut BytesMut) {
    if let Some(seconds) = delivery.expiry {
        out.put_u8(property::MESSAGE_EXPIRY);
        out.put_u32(seconds);
    }
    for id in &delivery.subscriptions {
        out.put_u8(property::SUBSCRIPTION);
        put_length(*id as usize, out);
    }
    for property in &delivery.message.properties {
        out.put_slice(&property.to_continuous_buffer());
    }
}

fn acknowledge(version: Version, head: u8, id: u16, reason: Reason, out: &mut BytesMut) {
    let [high, low] = id.to_be_bytes();
    if version == Version::V311 || reason == Reason::Success {
        return out.put_slice(&[head, 2, high, low]);
    }
    out.put_slice(&[head, 3, high, low, reason as u8]);
}

fn acknowledge_filters(version: Version, head: u8, id: u16, codes: &[u8], out: &mut BytesMut) {
    let properties: &[u8] = if version == Version::V5 { &[0] } else { &[] };
    out.put_u8(head);
    put_length(2 + properties.len() + codes.len(), out);
    out.put_u16(id);
    out.put_slice(properties);
    out.put_slice(codes);
}

/// Topics and names are limited far below what two bytes can count.
fn put_text(text: &str, out: &mut BytesMut) {
    out.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    out.put_slice(text.as_bytes());
}

fn put_length(mut length: usize, out: &mut BytesMut) {
    loop {
        let low = u8::try_from(length & 0x7f).unwrap_or(0);
        length >>= 7;
        if length == 0 {
            return out.put_u8(low);
        }
        out.put_u8(low | 0x80);
    }
}

fn length_bytes(length: usize) -> usize {
    match length {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        _ => 4,
    }
}

/// Bytes of a PUBLISH at most, whatever the version.
pub(super) fn publish_bytes(delivery: &Delivery) -> usize {
    const HEAD: usize = 1 + 4 + 2 + 2 + 4;
    HEAD + delivery.message.topic.len() + property_bytes(delivery) + delivery.message.payload.len()
}
