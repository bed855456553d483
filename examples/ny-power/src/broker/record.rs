//! What the store keeps, as bytes. Each record begins with the number of its format.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Buf, BufMut, BytesMut};
use flowcore::base::{Clock, Timestamp};
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder, PacketData, RawPacket};
use mqtt_protocol_core::mqtt::packet::{Qos, RetainHandling, v5_0};

use super::decode::with_properties;
use super::encode::encode;
use super::outgoing::{Owed, Waiting};
use super::packet::{Answer, Delivery, Message, Options, Version};
use super::session::Owner;

const FORMAT: u8 = 1;
// The steps of `Owed`.
const WAITING: u8 = 0;
const SENT: u8 = 1;
const RELEASED: u8 = 2;

/// A session without what it is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) owner: Owner,
    pub(super) expiry: u32,
    /// `None` when the client was here.
    pub(super) away_since: Option<Timestamp>,
    pub(super) filters: BTreeMap<String, Options>,
}

impl Record {
    pub(super) fn to_bytes(&self) -> BytesMut {
        let mut bytes = BytesMut::new();
        bytes.put_u8(FORMAT);
        bytes.put_u32(self.expiry);
        put_time(self.away_since, &mut bytes);
        put_text(self.owner.user.as_deref().unwrap_or_default(), &mut bytes);
        put_text(&self.owner.client, &mut bytes);
        bytes.put_u32(u32::try_from(self.filters.len()).unwrap_or(u32::MAX));
        for (filter, options) in &self.filters {
            put_text(filter, &mut bytes);
            bytes.put_u8(options_to_byte(options));
            bytes.put_u32(options.identifier.unwrap_or(0));
        }
        bytes
    }

    /// `None` when these are not the bytes of one.
    pub(super) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        format_of(bytes)?;
        let expiry = bytes.try_get_u32().ok()?;
        let away_since = time(bytes.try_get_i64().ok()?);
        let user = Some(text(bytes)?).filter(|user| !user.is_empty());
        let owner = Owner { user, client: text(bytes)? };
        let count = bytes.try_get_u32().ok()?;
        let mut filters = BTreeMap::new();
        for _ in 0..count {
            let filter = text(bytes)?;
            let options = options_from_byte(bytes.try_get_u8().ok()?)?;
            let identifier = bytes.try_get_u32().ok()?;
            filters.insert(filter, Options { identifier: (identifier > 0).then_some(identifier), ..options });
        }
        bytes.is_empty().then_some(Self { owner, expiry, away_since, filters })
    }
}

impl Owed {
    pub(super) fn to_bytes(&self) -> BytesMut {
        let (step, id, waiting) = match self {
            Self::Waiting(waiting) => (WAITING, 0, Some(waiting)),
            Self::Sent(id, waiting) => (SENT, *id, Some(waiting)),
            Self::Released(id) => (RELEASED, *id, None),
        };
        let mut bytes = BytesMut::with_capacity(waiting.map_or(4, |waiting| waiting.message.bytes() + 48));
        bytes.put_slice(&[FORMAT, step]);
        bytes.put_u16(id);
        let Some(waiting) = waiting else { return bytes };
        bytes.put_slice(&[waiting.qos as u8, waiting.retain.into()]);
        // A message has one for each of a session's subscriptions at most.
        let count = u16::try_from(waiting.subscriptions.len()).unwrap_or(u16::MAX);
        bytes.put_u16(count);
        for identifier in waiting.subscriptions.iter().take(count.into()) {
            bytes.put_u32(*identifier);
        }
        message_to_bytes(&waiting.message, &mut bytes);
        bytes
    }

    /// `None` when these are not the bytes of one.
    pub(super) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        format_of(bytes)?;
        let step = bytes.try_get_u8().ok()?;
        let id = bytes.try_get_u16().ok()?;
        match step {
            RELEASED => bytes.is_empty().then_some(Self::Released(id)),
            SENT => Some(Self::Sent(id, waiting(bytes)?)),
            WAITING => Some(Self::Waiting(waiting(bytes)?)),
            _ => None,
        }
    }
}

fn waiting(bytes: &mut &[u8]) -> Option<Waiting> {
    let qos = Qos::try_from(bytes.try_get_u8().ok()?).ok()?;
    let retain = bytes.try_get_u8().ok()? == 1;
    let count = bytes.try_get_u16().ok()?;
    let subscriptions: Option<_> = (0..count).map(|_| bytes.try_get_u32().ok()).collect();
    let message = Arc::new(message_from_bytes(bytes)?);
    Some(Waiting { message, qos, retain, subscriptions: subscriptions? })
}

/// The format, the quality, when it expires, and then the message as a PUBLISH of version 5.
pub(super) fn message_to_bytes(message: &Arc<Message>, bytes: &mut BytesMut) {
    bytes.reserve(message.bytes() + 32);
    bytes.put_slice(&[FORMAT, message.qos as u8]);
    put_time(message.expires, bytes);
    let delivery = Delivery {
        message: message.clone(),
        qos: Qos::AtMostOnce,
        retain: message.retain,
        again: false,
        id: 0,
        subscriptions: Vec::new(),
        expiry: None,
    };
    encode(Version::V5, &Answer::Publish(delivery), bytes);
}

/// `None` when these are not the bytes of one.
pub(super) fn message_from_bytes(mut bytes: &[u8]) -> Option<Message> {
    let bytes = &mut bytes;
    format_of(bytes)?;
    let qos = Qos::try_from(bytes.try_get_u8().ok()?).ok()?;
    let expires = time(bytes.try_get_i64().ok()?);
    let mut cursor = Cursor::new(*bytes);
    let PacketBuildResult::Complete(raw) = PacketBuilder::new().feed(&mut cursor) else { return None };
    if usize::try_from(cursor.position()).ok()? != bytes.len() {
        return None;
    }
    let packet = publish(&raw)?;
    let message = Message {
        topic: packet.topic_name().to_owned(),
        payload: packet.payload().clone(),
        qos,
        retain: packet.retain(),
        properties: Vec::new(),
        expires: None,
    };
    let clock = Clock::fixed(Timestamp::from_millis(0));
    let mut message = with_properties(message, packet.props(), &clock).ok()?;
    message.expires = expires;
    Some(message)
}

fn publish(raw: &RawPacket) -> Option<v5_0::Publish> {
    match &raw.data {
        PacketData::Publish(data) => Some(v5_0::Publish::parse(raw.flags(), data.clone()).ok()?.0),
        PacketData::Normal(_) => None,
    }
}

fn format_of(bytes: &mut &[u8]) -> Option<()> {
    (bytes.try_get_u8().ok()? == FORMAT).then_some(())
}

/// As SUBSCRIBE of version 5 has them.
fn options_to_byte(options: &Options) -> u8 {
    let Options { qos, no_local, retain_as_published, retain_handling, identifier: _ } = *options;
    qos as u8 | u8::from(no_local) << 2 | u8::from(retain_as_published) << 3 | (retain_handling as u8) << 4
}

fn options_from_byte(byte: u8) -> Option<Options> {
    Some(Options {
        qos: Qos::try_from(byte & 0b11).ok()?,
        no_local: byte & 0b100 != 0,
        retain_as_published: byte & 0b1000 != 0,
        retain_handling: RetainHandling::try_from(byte >> 4).ok()?,
        identifier: None,
    })
}

/// Never is the end of time.
fn put_time(time: Option<Timestamp>, bytes: &mut BytesMut) {
    bytes.put_i64(time.unwrap_or(Timestamp::MAX).as_millis());
}

fn time(millis: i64) -> Option<Timestamp> {
    let time = Timestamp::from_millis(millis);
    (time != Timestamp::MAX).then_some(time)
}

/// What MQTT sends has no more bytes than two bytes can count.
fn put_text(text: &str, bytes: &mut BytesMut) {
    bytes.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    bytes.put_slice(&text.as_bytes()[..text.len().min(usize::from(u16::MAX))]);
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    let length = usize::from(bytes.try_get_u16().ok()?);
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use mqtt_protocol_core::mqtt::IntoPayload;
    use mqtt_protocol_core::mqtt::packet::{ContentType, Property, UserProperty};

    use super::*;

    fn message(topic: &str, payload: &str) -> Message {
        Message {
            topic: topic.to_owned(),
            payload: payload.into_payload(),
            qos: Qos::ExactlyOnce,
            retain: true,
            properties: Vec::new(),
            expires: None,
        }
    }

    fn record() -> Record {
        let options = Options {
            qos: Qos::ExactlyOnce,
            no_local: true,
            retain_as_published: false,
            retain_handling: RetainHandling::DoNotSendRetained,
            identifier: Some(300_000),
        };
        let other = Options { qos: Qos::AtMostOnce, no_local: false, retain_as_published: true, ..options };
        let filters = [("ny-power/é/#".to_owned(), options), ("$share/g/a".to_owned(), other)];
        Record {
            owner: Owner { user: Some("pump".to_owned()), client: "archive".to_owned() },
            expiry: u32::MAX,
            away_since: None,
            filters: filters.into(),
        }
    }

    fn owed() -> [Owed; 3] {
        let message = Arc::new(message("ny-power/x", "payload"));
        let waiting =
            Waiting { message, qos: Qos::AtLeastOnce, retain: false, subscriptions: vec![1, 70_000] };
        [
            Owed::Waiting(Waiting { retain: true, ..waiting.clone() }),
            Owed::Sent(7, waiting),
            Owed::Released(9),
        ]
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let mut rich = message("ny-power/é", "{}");
        rich.properties.push(Property::ContentType(ContentType::new("application/json").unwrap()));
        rich.properties.push(Property::UserProperty(UserProperty::new("a", "b").unwrap()));
        rich.expires = Some(Timestamp::from_millis(77));
        let plain = Message { retain: false, qos: Qos::AtMostOnce, ..message("a", "") };
        for message in [rich, message("a", "b"), plain] {
            let mut bytes = BytesMut::new();
            let message = Arc::new(message);
            message_to_bytes(&message, &mut bytes);
            assert_eq!(message_from_bytes(&bytes).as_ref(), Some(&*message));
        }
    }

    #[test]
    fn a_session_and_what_it_is_owed_are_read_as_they_were_written() {
        let away = Record { away_since: Some(Timestamp::from_millis(5)), ..record() };
        for record in [record(), away] {
            assert_eq!(Record::from_bytes(&record.to_bytes()), Some(record));
        }
        for owed in owed() {
            assert_eq!(Owed::from_bytes(&owed.to_bytes()), Some(owed));
        }
    }

    #[test]
    fn half_a_record_too_much_of_it_and_another_format_are_damaged() {
        let mut bytes = BytesMut::new();
        message_to_bytes(&Arc::new(message("topic", "payload")), &mut bytes);
        check_damage(&bytes, &|bytes| message_from_bytes(bytes).is_some());
        for owed in owed() {
            check_damage(&owed.to_bytes(), &|bytes| Owed::from_bytes(bytes).is_some());
        }
        check_damage(&record().to_bytes(), &|bytes| Record::from_bytes(bytes).is_some());
    }

    fn check_damage(bytes: &[u8], is_whole: &dyn Fn(&[u8]) -> bool) {
        assert!(is_whole(bytes));
        for length in 0..bytes.len() {
            assert!(!is_whole(&bytes[..length]), "{length}");
        }
        assert!(!is_whole(&[bytes, b"\0"].concat()));
        let mut other = bytes.to_vec();
        other[0] = 2;
        assert!(!is_whole(&other));
    }
}
