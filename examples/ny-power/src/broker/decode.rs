//! From packets to what they ask for.

use std::sync::Arc;
use std::time::Duration;

use flowcore::base::Clock;
use mqtt_protocol_core::mqtt::ArcPayload;
use mqtt_protocol_core::mqtt::connection::{PacketData, RawPacket};
use mqtt_protocol_core::mqtt::packet::{MqttString, Property, Qos, SubEntry, v3_1_1, v5_0};
use mqtt_protocol_core::mqtt::result_code::{DisconnectReasonCode, PubrecReasonCode};

use super::config::Limits;
use super::packet::{Message, Options, Reason, Request, Version};
use super::topic::{is_filter, is_half_shared, is_name};

/// Reads packets of one client after its CONNECT.
#[derive(Debug)]
pub(super) struct Decoder<'a> {
    pub(super) version: Version,
    pub(super) limits: &'a Limits,
}

impl Decoder<'_> {
    /// What the client asks for. The error is why the connection must end.
    pub(super) fn request(&self, raw: &RawPacket, clock: &Clock) -> Result<Request, Reason> {
        let body = raw.data_as_slice();
        match (raw.packet_type(), raw.flags()) {
            (3, flags) => self.publish(raw, flags, clock),
            (4, 0) => self.puback(raw),
            (5, 0) => self.pubrec(raw),
            (6, 2) => self.pubrel(raw),
            (7, 0) => self.pubcomp(raw),
            (8, 2) => self.subscribe(raw),
            (10, 2) => self.unsubscribe(raw),
            (12, 0) if body.is_empty() => Ok(Request::Ping),
            (14, 0) => self.disconnect(raw),
            (15, 0) if self.version == Version::V5 => Err(Reason::BadAuthenticationMethod),
            (1, 0) => Err(Reason::ProtocolError),
            _ => Err(Reason::MalformedPacket),
        }
    }

    fn publish(&self, raw: &RawPacket, flags: u8, clock: &Clock) -> Result<Request, Reason> {
        let PacketData::Publish(data) = &raw.data else { return Err(Reason::MalformedPacket) };
        let again = flags & 0b1000 != 0;
        let (message, id) = if self.version == Version::V5 {
            // Without its properties' length the packet is half a packet; the parser takes none for no length.
            let (packet, _) =
                v5_0::Publish::parse(flags, data.clone()).map_err(|_| Reason::MalformedPacket)?;
            let published = published(packet.topic_name(), packet.payload(), packet.qos(), packet.retain());
            (with_properties(published, packet.props(), clock)?, packet.packet_id())
        } else {
            let (packet, _) =
                v3_1_1::Publish::parse(flags, data.clone()).map_err(|_| Reason::MalformedPacket)?;
            (
                published(packet.topic_name(), packet.payload(), packet.qos(), packet.retain()),
                packet.packet_id(),
            )
        };
        if again && message.qos == Qos::AtMostOnce {
            return Err(Reason::MalformedPacket);
        }
        if !is_name(&message.topic, self.limits.topic_bytes, self.limits.topic_levels) {
            return Err(Reason::TopicNameInvalid);
        }
        let id = if message.qos == Qos::AtMostOnce { 0 } else { some_id(id.unwrap_or(0))? };
        Ok(Request::Publish { message: Arc::new(message), id })
    }

    fn puback(&self, raw: &RawPacket) -> Result<Request, Reason> {
        let id = match self.version {
            Version::V311 => raw.parse_exact(v3_1_1::Puback::parse).map(|packet| packet.packet_id()),
            Version::V5 => raw.parse_exact(v5_0::Puback::parse).map(|packet| packet.packet_id()),
        };
        Ok(Request::PubAck(some_id(id.map_err(|_| Reason::MalformedPacket)?)?))
    }

    fn pubrec(&self, raw: &RawPacket) -> Result<Request, Reason> {
        let (id, taken) = match self.version {
            Version::V311 => raw.parse_exact(v3_1_1::Pubrec::parse).map(|packet| (packet.packet_id(), true)),
            Version::V5 => {
                raw.parse_exact(v5_0::Pubrec::parse).map(|packet| (packet.packet_id(), is_taken(&packet)))
            }
        }
        .map_err(|_| Reason::MalformedPacket)?;
        Ok(Request::PubRec { id: some_id(id)?, taken })
    }

    fn pubrel(&self, raw: &RawPacket) -> Result<Request, Reason> {
        let id = match self.version {
            Version::V311 => raw.parse_exact(v3_1_1::Pubrel::parse).map(|packet| packet.packet_id()),
            Version::V5 => raw.parse_exact(v5_0::Pubrel::parse).map(|packet| packet.packet_id()),
        };
        Ok(Request::PubRel(some_id(id.map_err(|_| Reason::MalformedPacket)?)?))
    }

    fn pubcomp(&self, raw: &RawPacket) -> Result<Request, Reason> {
        let id = match self.version {
            Version::V311 => raw.parse_exact(v3_1_1::Pubcomp::parse).map(|packet| packet.packet_id()),
            Version::V5 => raw.parse_exact(v5_0::Pubcomp::parse).map(|packet| packet.packet_id()),
        };
        Ok(Request::PubComp(some_id(id.map_err(|_| Reason::MalformedPacket)?)?))
    }

    fn subscribe(&self, raw: &RawPacket) -> Result<Request, Reason> {
        let (id, entries, identifier) = match self.version {
            Version::V311 => {
                let packet =
                    raw.parse_exact(v3_1_1::Subscribe::parse).map_err(|_| Reason::MalformedPacket)?;
                (packet.packet_id(), packet.entries().clone(), None)
            }
            Version::V5 => {
                let packet = raw.parse_exact(v5_0::Subscribe::parse).map_err(|_| Reason::MalformedPacket)?;
                (packet.packet_id(), packet.entries().clone(), identifier(packet.props()))
            }
        };
        let filters: Result<Vec<_>, Reason> =
            entries.iter().map(|entry| self.subscription(entry, identifier)).collect();
        Ok(Request::Subscribe { id: some_id(id)?, filters: filters? })
    }

    fn subscription(&self, entry: &SubEntry, identifier: Option<u32>) -> Result<(String, Options), Reason> {
        let (filter, asked) = (entry.topic_filter(), entry.sub_opts());
        self.check_filter(filter)?;
        let is_shared = filter.starts_with("$share/");
        if self.version == Version::V311 && asked.to_buffer()[0] > 2 {
            return Err(Reason::MalformedPacket);
        }
        if is_shared && asked.nl() {
            return Err(Reason::ProtocolError);
        }
        let options = Options {
            qos: asked.qos(),
            no_local: asked.nl(),
            retain_as_published: asked.rap(),
            retain_handling: asked.rh(),
            identifier,
        };
        Ok((filter.to_owned(), options))
    }

    fn unsubscribe(&self, raw: &RawPacket) -> Result<Request, Reason> {
        let (id, entries) = match self.version {
            Version::V311 => {
                let packet = raw.parse_exact(v3_1_1::Unsubscribe::parse);
                let packet = packet.map_err(|_| Reason::MalformedPacket)?;
                (packet.packet_id(), packet.entries().clone())
            }
            Version::V5 => {
                let packet = raw.parse_exact(v5_0::Unsubscribe::parse);
                let packet = packet.map_err(|_| Reason::MalformedPacket)?;
                (packet.packet_id(), packet.entries().clone())
            }
        };
        let filters: Vec<String> = entries.iter().map(MqttString::as_str).map(str::to_owned).collect();
        filters.iter().try_for_each(|filter| self.check_filter(filter))?;
        Ok(Request::Unsubscribe { id: some_id(id)?, filters })
    }

    fn check_filter(&self, filter: &str) -> Result<(), Reason> {
        let whole = is_filter(filter, self.limits.topic_bytes, self.limits.topic_levels);
        if whole && !is_half_shared(filter) { Ok(()) } else { Err(Reason::TopicFilterInvalid) }
    }

    fn disconnect(&self, raw: &RawPacket) -> Result<Request, Reason> {
        if self.version == Version::V311 {
            let empty = raw.data_as_slice().is_empty();
            return if empty {
                Ok(Request::Disconnect { lost: false, expiry: None })
            } else {
                Err(Reason::MalformedPacket)
            };
        }
        let packet = raw.parse_exact(v5_0::Disconnect::parse).map_err(|_| Reason::MalformedPacket)?;
        let lost = !matches!(packet.reason_code(), None | Some(DisconnectReasonCode::NormalDisconnection));
        let expiry = packet.props().iter().flatten().find_map(|property| match property {
            Property::SessionExpiryInterval(seconds) => Some(seconds.val()),
            _ => None,
        });
        Ok(Request::Disconnect { lost, expiry })
    }
}

fn published(topic: &str, payload: &ArcPayload, qos: Qos, retain: bool) -> Message {
    let payload = payload.clone();
    Message { topic: topic.to_owned(), payload, qos, retain, properties: Vec::new(), expires: None }
}

/// Adds what version 5 says of a message. An alias for a topic was not offered.
pub(super) fn with_properties(
    mut message: Message,
    properties: &[Property],
    clock: &Clock,
) -> Result<Message, Reason> {
    for property in properties {
        match property {
            Property::MessageExpiryInterval(seconds) => {
                message.expires = Some(clock.now() + Duration::from_secs(u64::from(seconds.val())));
            }
            Property::PayloadFormatIndicator(_)
            | Property::ContentType(_)
            | Property::ResponseTopic(_)
            | Property::CorrelationData(_)
            | Property::UserProperty(_) => message.properties.push(property.clone()),
            Property::TopicAlias(_) => return Err(Reason::TopicAliasInvalid),
            Property::WillDelayInterval(_) => {}
            _ => return Err(Reason::ProtocolError),
        }
    }
    Ok(message)
}

fn identifier(properties: &[Property]) -> Option<u32> {
    properties.iter().find_map(|property| match property {
        Property::SubscriptionIdentifier(identifier) => Some(identifier.val()),
        _ => None,
    })
}

fn is_taken(packet: &v5_0::Pubrec) -> bool {
    let taken = [PubrecReasonCode::Success, PubrecReasonCode::NoMatchingSubscribers];
    packet.reason_code().is_none_or(|reason| taken.contains(&reason))
}

fn some_id(id: u16) -> Result<u16, Reason> {
    if id == 0 { Err(Reason::ProtocolError) } else { Ok(id) }
}
