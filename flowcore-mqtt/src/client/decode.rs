use std::sync::Arc;

use bytes::Bytes;
use flowcore::event::Headers;
use mqtt_protocol_core::mqtt::packet::prelude::PropertyValueAccess;
use mqtt_protocol_core::mqtt::packet::{Property, Qos, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::result_code::{ConnectReturnCode, MqttError};

use super::packet::{Answer, Connected, Incoming};
use super::{Frame, Malformed, Reason};
use crate::{Message, QoS, Version};

/// What `frame` says.
pub(crate) fn decode(version: Version, frame: &Frame) -> Result<Incoming, Malformed> {
    let kind = frame.first >> 4;
    if kind != 3 && frame.first & 0x0f != if kind == 6 { 2 } else { 0 } {
        return Err(Malformed::Flags(kind));
    }
    let body = &frame.body[..];
    let incoming = match (kind, version) {
        (2, Version::V3_1_1) => whole(v3_1_1::Connack::parse(body), body).map(|packet| connack_3(&packet)),
        (2, Version::V5) => whole(v5_0::Connack::parse(body), body).map(|packet| connack_5(&packet)),
        (3, Version::V3_1_1) => publish_3(frame.first, body),
        (3, Version::V5) => publish_5(frame.first, body),
        (4..=7, _) => answer(version, kind, body),
        (9, _) => suback(version, body),
        (13, _) if body.is_empty() => Ok(Incoming::Pong),
        (13, _) => Err(MqttError::MalformedPacket),
        (14, Version::V5) => Ok(Incoming::Disconnect(Reason(body.first().copied().unwrap_or(0)))),
        _ => return Err(Malformed::Type(kind)),
    };
    incoming.map_err(|error| Malformed::Packet(kind, error.to_string()))
}

/// A packet ends where its parts do.
fn whole<T>(parsed: Result<(T, usize), MqttError>, body: &[u8]) -> Result<T, MqttError> {
    let (packet, used) = parsed?;
    if used == body.len() { Ok(packet) } else { Err(MqttError::MalformedPacket) }
}

fn connack_3(packet: &v3_1_1::Connack) -> Incoming {
    let reason = match packet.return_code() {
        ConnectReturnCode::Accepted => {
            return Incoming::Connected(Connected { session_present: packet.session_present(), ..UNLIMITED });
        }
        ConnectReturnCode::UnacceptableProtocolVersion => 0x84,
        ConnectReturnCode::IdentifierRejected => 0x85,
        ConnectReturnCode::ServerUnavailable => 0x88,
        // Brokers say either of the two for a wrong password.
        ConnectReturnCode::BadUserNameOrPassword | ConnectReturnCode::NotAuthorized => 0x86,
    };
    Incoming::Refused(Reason(reason))
}

/// What holds when a broker does not say anything else.
pub(crate) const UNLIMITED: Connected = Connected {
    session_present: false,
    receive_maximum: u16::MAX,
    max_packet_size: u32::MAX,
    max_qos: 2,
    retains: true,
    keep_alive: None,
};

fn connack_5(packet: &v5_0::Connack) -> Incoming {
    let reason = Reason(packet.reason_code() as u8);
    if reason.is_failure() {
        // Brokers say "not authorized" for a wrong password as well.
        return Incoming::Refused(if reason.0 == 0x87 { Reason(0x86) } else { reason });
    }
    let mut said = Connected { session_present: packet.session_present(), ..UNLIMITED };
    for property in packet.props() {
        match property {
            Property::ReceiveMaximum(value) => said.receive_maximum = value.val().max(1),
            Property::MaximumPacketSize(value) => said.max_packet_size = value.val(),
            Property::MaximumQos(value) => said.max_qos = value.val(),
            Property::RetainAvailable(value) => said.retains = value.val() == 1,
            Property::ServerKeepAlive(value) => said.keep_alive = Some(value.val()),
            _ => {}
        }
    }
    Incoming::Connected(said)
}

fn publish_3(first: u8, body: &[u8]) -> Result<Incoming, MqttError> {
    let packet = whole(v3_1_1::Publish::parse(first & 0x0f, Arc::from(body)), body)?;
    message(
        packet.packet_id(),
        Message {
            topic: Arc::from(packet.topic_name()),
            payload: Bytes::copy_from_slice(packet.payload().as_slice()),
            qos: qos(packet.qos()),
            retained: packet.retain(),
            duplicate: packet.dup(),
            headers: Headers::default(),
        },
    )
}

fn publish_5(first: u8, body: &[u8]) -> Result<Incoming, MqttError> {
    let packet = whole(v5_0::Publish::parse(first & 0x0f, Arc::from(body)), body)?;
    let mut headers = Headers::default();
    for property in packet.props() {
        if let Some((name, value)) = property.as_key_value() {
            headers.insert(name, value);
        }
    }
    message(
        packet.packet_id(),
        Message {
            topic: Arc::from(packet.topic_name()),
            payload: Bytes::copy_from_slice(packet.payload().as_slice()),
            qos: qos(packet.qos()),
            retained: packet.retain(),
            duplicate: packet.dup(),
            headers,
        },
    )
}

/// We allow no aliases, so there is a topic; and number 0 is none.
fn message(id: Option<u16>, message: Message) -> Result<Incoming, MqttError> {
    if message.topic.is_empty() || id == Some(0) {
        return Err(MqttError::ProtocolError);
    }
    Ok(Incoming::Message { message, id })
}

fn qos(qos: Qos) -> QoS {
    match qos {
        Qos::AtMostOnce => QoS::AtMostOnce,
        Qos::AtLeastOnce => QoS::AtLeastOnce,
        Qos::ExactlyOnce => QoS::ExactlyOnce,
    }
}

fn answer(version: Version, kind: u8, body: &[u8]) -> Result<Incoming, MqttError> {
    let answer = match kind {
        4 => Answer::Acknowledged,
        5 => Answer::Received,
        6 => Answer::Released,
        _ => Answer::Completed,
    };
    // Brokers give reasons that the specification does not have there: the byte is taken as it is.
    let (id, reason) = match (body, version) {
        ([high, low], _) => (u16::from_be_bytes([*high, *low]), Reason::SUCCESS),
        ([high, low, reason, ..], Version::V5) => (u16::from_be_bytes([*high, *low]), Reason(*reason)),
        _ => return Err(MqttError::MalformedPacket),
    };
    if id == 0 { Err(MqttError::MalformedPacket) } else { Ok(Incoming::Answer { answer, id, reason }) }
}

fn suback(version: Version, body: &[u8]) -> Result<Incoming, MqttError> {
    Ok(match version {
        Version::V3_1_1 => {
            let packet = whole(v3_1_1::Suback::parse(body), body)?;
            // Number 0x80 is all that 3.1.1 has to say of a filter that may not be read.
            let reason = |code: u8| if code == 0x80 { Reason(0x87) } else { Reason(code) };
            let reasons = packet.return_codes().into_iter().map(|code| reason(code as u8)).collect();
            Incoming::Subscribed { id: packet.packet_id(), reasons }
        }
        Version::V5 => {
            let packet = whole(v5_0::Suback::parse(body), body)?;
            let reasons = packet.reason_codes().into_iter().map(|code| Reason(code as u8)).collect();
            Incoming::Subscribed { id: packet.packet_id(), reasons }
        }
    })
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use flowcore_testkit::Random;

    use super::*;
    use crate::Publish;
    use crate::client::{next_frame, publish, publish_size};

    const VERSIONS: [Version; 2] = [Version::V3_1_1, Version::V5];

    #[test]
    fn what_is_written_is_read_back() {
        for version in VERSIONS {
            for (payload, qos) in [(0, QoS::AtMostOnce), (7, QoS::AtLeastOnce), (70_000, QoS::ExactlyOnce)] {
                let sent = Publish::new("a/ü", vec![7; payload]).qos(qos).with_header("unit", "°C");
                let mut wire = BytesMut::new();
                let id = (qos != QoS::AtMostOnce).then_some(0x1234);
                publish(version, &sent, id, id.is_some(), &mut wire);
                assert_eq!(wire.len(), publish_size(version, &sent));
                let frame = next_frame(&mut wire, 1 << 20).unwrap().unwrap();
                let Ok(Incoming::Message { message, id: read }) = decode(version, &frame) else {
                    panic!("it is a message")
                };
                assert_eq!((&*message.topic, &message.payload, read), ("a/ü", &sent.payload, id));
                assert_eq!((message.qos, message.duplicate, message.retained), (qos, id.is_some(), false));
                let unit = (version == Version::V5).then_some("°C");
                assert_eq!(message.headers.get("unit"), unit);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let seed = 7;
        println!("seed {seed}");
        let mut random = Random::new(seed);
        let mut understood = 0;
        for _ in 0..300_000 {
            let length = random.index(24);
            let small = random.percent(70);
            let mut byte = || {
                let byte = random.next_u64().to_le_bytes()[0];
                if small { byte & 0x2f } else { byte }
            };
            let frame =
                Frame { first: byte() << 1 | byte() << 4, body: (0..length).map(|_| byte()).collect() };
            for version in VERSIONS {
                understood += usize::from(decode(version, &frame).is_ok());
            }
        }
        assert!(understood > 1000, "some of it is packets: {understood}");
    }

    #[test]
    fn a_packet_that_is_cut_short_or_has_more_behind_it_is_malformed() {
        let connack = |body: &[u8]| decode(Version::V5, &Frame { first: 0x20, body: body.into() });
        assert!(matches!(connack(&[0, 0, 0]), Ok(Incoming::Connected(_))));
        assert!(matches!(connack(&[0, 0]), Err(Malformed::Packet(2, _))));
        assert!(matches!(connack(&[0, 0, 0, 9]), Err(Malformed::Packet(2, _))));
        assert!(matches!(connack(&[0, 0x87, 0]), Ok(Incoming::Refused(Reason(0x86)))));
        let wrong = decode(Version::V5, &Frame { first: 0x41, body: [0, 1][..].into() });
        assert_eq!(wrong, Err(Malformed::Flags(4)));
        let answer = decode(Version::V5, &Frame { first: 0x40, body: [0, 0][..].into() });
        assert!(answer.is_err(), "0 is no number");
    }
}
