//! From the first packet to who wants to connect.

use std::sync::Arc;

use flowcore::base::Clock;
use mqtt_protocol_core::mqtt::connection::RawPacket;
use mqtt_protocol_core::mqtt::packet::{Property, Qos, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::{ArcPayload, IntoPayload};

use super::config::Limits;
use super::decode::with_properties;
use super::packet::{Connect, Message, Reason, Version, Will};
use super::topic::is_name;

/// Where the level of the protocol is in CONNECT.
const LEVEL: usize = 6;
/// Where the flags are.
const FLAGS: usize = 7;

/// Why a client is not taken, and the version to say it in. Without one it learns nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unwelcome {
    pub(super) version: Option<Version>,
    pub(super) reason: Reason,
}

/// Reads CONNECT.
pub(super) fn connect(raw: &RawPacket, limits: &Limits, clock: &Clock) -> Result<Connect, Unwelcome> {
    let body = raw.data_as_slice();
    if raw.packet_type() != 1 || raw.flags() != 0 || !names_mqtt(body) {
        return Err(Unwelcome { version: None, reason: Reason::ProtocolError });
    }
    let (version, read) = match body.get(LEVEL) {
        Some(4) => (Version::V311, read_v3(raw)),
        Some(5) => (Version::V5, read_v5(raw, clock)),
        _ => {
            let reason = Reason::UnsupportedProtocolVersion;
            return Err(Unwelcome { version: Some(Version::V311), reason });
        }
    };
    let unwelcome = |reason| Unwelcome { version: Some(version), reason };
    let connect = read.and_then(|connect| checked(connect, body, limits)).map_err(unwelcome)?;
    Ok(connect)
}

/// The name of the protocol, of this version and of the one before.
fn names_mqtt(body: &[u8]) -> bool {
    body.starts_with(b"\0\x04MQTT") || body.starts_with(b"\0\x06MQIsdp")
}

/// What the parser lets pass: flags without what they belong to, and our limits.
fn checked(connect: Connect, body: &[u8], limits: &Limits) -> Result<Connect, Reason> {
    let flags = body.get(FLAGS).copied().unwrap_or(1);
    let will_qos = flags >> 3 & 0b11;
    let will_flags = flags & 0b0011_1000;
    let has_will = flags & 0b100 != 0;
    if flags & 1 != 0 || will_qos == 3 || (!has_will && will_flags != 0) {
        return Err(Reason::MalformedPacket);
    }
    if connect.receive_maximum == 0 || connect.packet_maximum == 0 {
        return Err(Reason::ProtocolError);
    }
    if connect.client.len() > limits.topic_bytes {
        return Err(Reason::ClientIdentifierNotValid);
    }
    if connect.version == Version::V311 && connect.client.is_empty() && !connect.clean {
        return Err(Reason::ClientIdentifierNotValid);
    }
    let name = |will: &Will| is_name(&will.message.topic, limits.topic_bytes, limits.topic_levels);
    if connect.will.as_ref().is_some_and(|will| !name(will)) {
        return Err(Reason::TopicNameInvalid);
    }
    Ok(connect)
}

fn read_v3(raw: &RawPacket) -> Result<Connect, Reason> {
    let packet = raw.parse_exact(v3_1_1::Connect::parse).map_err(|_| Reason::MalformedPacket)?;
    let will = packet.will_topic().map(|topic| Will {
        message: Arc::new(will(topic, packet.will_payload(), packet.will_qos(), packet.will_retain())),
        delay: 0,
    });
    Ok(Connect {
        version: Version::V311,
        client: packet.client_id().to_owned(),
        clean: packet.clean_session(),
        keep_alive: packet.keep_alive(),
        user: packet.user_name().map(str::to_owned),
        password: packet.password().map(<[u8]>::to_vec),
        will,
        expiry: if packet.clean_session() { 0 } else { u32::MAX },
        receive_maximum: u16::MAX,
        packet_maximum: u32::MAX,
    })
}

fn read_v5(raw: &RawPacket, clock: &Clock) -> Result<Connect, Reason> {
    let packet = raw.parse_exact(v5_0::Connect::parse).map_err(|_| Reason::MalformedPacket)?;
    let will = packet
        .will_topic()
        .map(|topic| {
            let will = will(topic, packet.will_payload(), packet.will_qos(), packet.will_retain());
            let message = Arc::new(with_properties(will, packet.will_props(), clock)?);
            Ok(Will { message, delay: will_delay(packet.will_props()) })
        })
        .transpose()?;
    let mut connect = Connect {
        version: Version::V5,
        client: packet.client_id().to_owned(),
        clean: packet.clean_start(),
        keep_alive: packet.keep_alive(),
        user: packet.user_name().map(str::to_owned),
        password: packet.password().map(<[u8]>::to_vec),
        will,
        expiry: 0,
        receive_maximum: u16::MAX,
        packet_maximum: u32::MAX,
    };
    packet.props().iter().try_for_each(|property| apply(&mut connect, property))?;
    Ok(connect)
}

fn apply(connect: &mut Connect, property: &Property) -> Result<(), Reason> {
    match property {
        Property::SessionExpiryInterval(seconds) => connect.expiry = seconds.val(),
        Property::ReceiveMaximum(messages) => connect.receive_maximum = messages.val(),
        Property::MaximumPacketSize(bytes) => connect.packet_maximum = bytes.val(),
        Property::AuthenticationMethod(_) => return Err(Reason::BadAuthenticationMethod),
        _ => {}
    }
    Ok(())
}

fn will(topic: &str, payload: Option<&[u8]>, qos: Qos, retain: bool) -> Message {
    let payload = payload.map_or_else(ArcPayload::default, IntoPayload::into_payload);
    Message { topic: topic.to_owned(), payload, qos, retain, properties: Vec::new(), expires: None }
}

fn will_delay(properties: &[Property]) -> u32 {
    let delay = properties.iter().find_map(|property| match property {
        Property::WillDelayInterval(seconds) => Some(seconds.val()),
        _ => None,
    });
    delay.unwrap_or(0)
}
