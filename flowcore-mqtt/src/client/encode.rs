use bytes::{BufMut, BytesMut};
use mqtt_protocol_core::mqtt::packet::{
    GenericPacketTrait, MaximumPacketSize, Property, Qos, ReceiveMaximum, RetainHandling,
    SessionExpiryInterval, SubEntry, SubOpts, v3_1_1, v5_0,
};
use mqtt_protocol_core::mqtt::result_code::{DisconnectReasonCode, MqttError};

use super::{Answer, Connect, Unsendable};
use crate::{Publish, QoS, Version};

/// The property that holds a name and a value of the user's.
const USER_PROPERTY: u8 = 0x26;

impl From<MqttError> for Unsendable {
    fn from(error: MqttError) -> Self {
        Self(error.to_string())
    }
}

/// Writes a PUBLISH. Its topic was checked, and its size.
pub(crate) fn publish(
    version: Version,
    publish: &Publish,
    id: Option<u16>,
    duplicate: bool,
    out: &mut BytesMut,
) {
    let flags = u8::from(duplicate) << 3 | publish.qos.level() << 1 | u8::from(publish.retain);
    let properties = properties_size(publish);
    out.put_u8(0x30 | flags);
    put_length(body_size(version, publish), out);
    put_text(&publish.topic, out);
    if let Some(id) = id {
        out.put_u16(id);
    }
    if version == Version::V5 {
        put_length(properties, out);
        for (name, value) in &publish.headers {
            out.put_u8(USER_PROPERTY);
            put_text(name, out);
            put_text(value, out);
        }
    }
    out.put_slice(&publish.payload);
}

/// How many bytes a PUBLISH takes.
pub(crate) fn publish_size(version: Version, publish: &Publish) -> usize {
    let body = body_size(version, publish);
    1 + length_size(body) + body
}

fn body_size(version: Version, publish: &Publish) -> usize {
    let id = if publish.qos == QoS::AtMostOnce { 0 } else { 2 };
    let properties = properties_size(publish);
    let properties = if version == Version::V5 { length_size(properties) + properties } else { 0 };
    2 + publish.topic.len() + id + properties + publish.payload.len()
}

fn properties_size(publish: &Publish) -> usize {
    publish.headers.iter().map(|(name, value)| 5 + name.len() + value.len()).sum()
}

fn length_size(length: usize) -> usize {
    match length {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x0020_0000 => 3,
        _ => 4,
    }
}

fn put_length(mut length: usize, out: &mut BytesMut) {
    loop {
        let low = u8::try_from(length & 0x7f).unwrap_or(0x7f);
        length >>= 7;
        if length == 0 {
            return out.put_u8(low);
        }
        out.put_u8(low | 0x80);
    }
}

/// At most 65,535 bytes: it was checked.
fn put_text(text: &str, out: &mut BytesMut) {
    out.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    out.put_slice(text.as_bytes());
}

/// Writes an answer that reports success.
pub(crate) fn answer(answer: Answer, id: u16, out: &mut BytesMut) {
    out.put_u8(match answer {
        Answer::Acknowledged => 0x40,
        Answer::Received => 0x50,
        Answer::Released => 0x62,
        Answer::Completed => 0x70,
    });
    out.put_u8(2);
    out.put_u16(id);
}

/// Writes a PINGREQ.
pub(crate) fn ping(out: &mut BytesMut) {
    out.put_slice(&[0xc0, 0]);
}

/// Writes a DISCONNECT; `forget` ends the session as well.
pub(crate) fn disconnect(version: Version, forget: bool, out: &mut BytesMut) -> Result<(), Unsendable> {
    match version {
        Version::V3_1_1 => put(&v3_1_1::Disconnect::builder().build()?, out),
        Version::V5 => {
            let mut packet =
                v5_0::Disconnect::builder().reason_code(DisconnectReasonCode::NormalDisconnection);
            if forget {
                packet = packet.props(vec![Property::SessionExpiryInterval(SessionExpiryInterval::new(0)?)]);
            }
            put(&packet.build()?, out);
        }
    }
    Ok(())
}

/// Writes a CONNECT.
pub(crate) fn connect(connect: &Connect<'_>, out: &mut BytesMut) -> Result<(), Unsendable> {
    match connect.version {
        Version::V3_1_1 => {
            let mut packet = v3_1_1::Connect::builder()
                .client_id(connect.client_id)?
                .clean_session(connect.clean)
                .keep_alive(connect.keep_alive);
            if let Some((user, password)) = connect.login {
                packet = packet.user_name(user.as_str())?.password(password.as_str())?;
            }
            if let Some(will) = connect.last_will {
                packet =
                    packet.will_message(&*will.topic, will.payload.to_vec(), qos(will.qos), will.retain)?;
            }
            put(&packet.build()?, out);
        }
        Version::V5 => {
            let mut packet = v5_0::Connect::builder()
                .client_id(connect.client_id)?
                .clean_start(connect.clean)
                .keep_alive(connect.keep_alive)
                .props(vec![
                    Property::SessionExpiryInterval(SessionExpiryInterval::new(connect.expiry)?),
                    Property::ReceiveMaximum(ReceiveMaximum::new(connect.receive_maximum)?),
                    Property::MaximumPacketSize(MaximumPacketSize::new(connect.max_packet_size)?),
                ]);
            if let Some((user, password)) = connect.login {
                packet = packet.user_name(user.as_str())?.password(password.as_str())?;
            }
            if let Some(will) = connect.last_will {
                packet =
                    packet.will_message(&*will.topic, will.payload.to_vec(), qos(will.qos), will.retain)?;
            }
            put(&packet.build()?, out);
        }
    }
    Ok(())
}

/// Writes a SUBSCRIBE. `resumed` asks a broker that has the subscription already not to send what is retained
/// once more.
pub(crate) fn subscribe(
    version: Version,
    id: u16,
    filters: &[(String, QoS)],
    resumed: bool,
    out: &mut BytesMut,
) -> Result<(), Unsendable> {
    let handling = match version {
        Version::V5 if resumed => RetainHandling::SendRetainedIfNotExists,
        _ => RetainHandling::SendRetained,
    };
    let entry = |(filter, wanted): &(String, QoS)| {
        SubEntry::new(filter.as_str(), SubOpts::new().set_qos(qos(*wanted)).set_rh(handling))
    };
    let entries = filters.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    match version {
        Version::V3_1_1 => {
            put(&v3_1_1::Subscribe::builder().packet_id(id).entries(entries).build()?, out);
        }
        Version::V5 => put(&v5_0::Subscribe::builder().packet_id(id).entries(entries).build()?, out),
    }
    Ok(())
}

fn put(packet: &impl GenericPacketTrait, out: &mut BytesMut) {
    out.put_slice(&packet.to_continuous_buffer());
}

fn qos(qos: QoS) -> Qos {
    match qos {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce => Qos::AtLeastOnce,
        QoS::ExactlyOnce => Qos::ExactlyOnce,
    }
}
