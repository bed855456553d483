//! Retained messages on disk: a table from topic to message, one transaction for each batch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use flowcore::base::{Clock, Timestamp, blocking};
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{PacketBuildResult, PacketBuilder, PacketData, RawPacket};
use mqtt_protocol_core::mqtt::packet::{Qos, v5_0};
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};

use super::decode::with_properties;
use super::encode::encode;
use super::error::BrokerError;
use super::packet::{Answer, Delivery, Message, Version};
use super::retained::Change;

/// Topic to [`to_bytes`].
const RETAINED: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("retained");
/// The first byte of a message.
const FORMAT: u8 = 1;
const FILE: &str = "retained.redb";

/// The file. When [`commit`](Self::commit) returns, what it was given survives the end of the process.
#[derive(Debug, Clone)]
pub(super) struct Store {
    database: Arc<Database>,
    path: Arc<PathBuf>,
}

impl Store {
    /// Opens or makes it, with all that it keeps.
    pub(super) fn open(dir: &Path) -> Result<(Self, Vec<Arc<Message>>), BrokerError> {
        let path = dir.join(FILE);
        let database = Database::create(&path).map_err(|error| refused(error, &path))?;
        let store = Self { database: Arc::new(database), path: Arc::new(path) };
        let kept = store.read()?;
        Ok((store, kept))
    }

    #[cfg(test)]
    pub(super) fn on(backend: impl redb::StorageBackend) -> Self {
        let database = Database::builder().create_with_backend(backend).unwrap();
        Self { database: Arc::new(database), path: Arc::new(PathBuf::from("a test's")) }
    }

    /// The last change of a topic counts. All of it, or after an error nothing.
    pub(super) async fn commit(&self, changes: Vec<Change>) -> Result<(), BrokerError> {
        let store = self.clone();
        let written = blocking(move || store.write(&changes)).await.map_err(BrokerError::Panicked)?;
        written.map_err(|source| BrokerError::Write { path: self.path.to_path_buf(), source: source.into() })
    }

    fn write(&self, changes: &[Change]) -> Result<(), redb::Error> {
        let last: BTreeMap<_, _> = changes.iter().map(|(topic, message)| (topic, message)).collect();
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(RETAINED)?;
            for (topic, message) in last {
                match message {
                    Some(message) => drop(table.insert(topic.as_str(), &to_bytes(message)[..])?),
                    None => drop(table.remove(topic.as_str())?),
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn read(&self) -> Result<Vec<Arc<Message>>, BrokerError> {
        let failed = |source: redb::Error| self.failed(source);
        let transaction = self.database.begin_read().map_err(|error| failed(error.into()))?;
        let table = match transaction.open_table(RETAINED) {
            Ok(table) => table,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
            Err(error) => return Err(failed(error.into())),
        };
        let mut kept = Vec::new();
        for row in table.iter().map_err(|error| failed(error.into()))? {
            let (topic, bytes) = row.map_err(|error| failed(error.into()))?;
            let message = from_bytes(bytes.value()).ok_or_else(|| self.damaged(topic.value()))?;
            kept.push(Arc::new(message));
        }
        Ok(kept)
    }

    fn failed(&self, source: redb::Error) -> BrokerError {
        BrokerError::Open { path: self.path.to_path_buf(), source: source.into() }
    }

    fn damaged(&self, topic: &str) -> BrokerError {
        BrokerError::Damaged { path: self.path.to_path_buf(), topic: topic.to_owned() }
    }
}

fn refused(error: DatabaseError, path: &Path) -> BrokerError {
    let path = path.to_path_buf();
    match error {
        DatabaseError::DatabaseAlreadyOpen => BrokerError::Locked { path },
        error => BrokerError::Open { path, source: error.into() },
    }
}

/// The format, the quality, when it expires, and then the message as a PUBLISH of version 5.
fn to_bytes(message: &Arc<Message>) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(message.bytes() + 32);
    bytes.put_slice(&[FORMAT, message.qos as u8]);
    bytes.put_i64(message.expires.unwrap_or(Timestamp::MAX).as_millis());
    let delivery = Delivery {
        message: message.clone(),
        qos: Qos::AtMostOnce,
        retain: true,
        again: false,
        id: 0,
        subscriptions: Vec::new(),
        expiry: None,
    };
    encode(Version::V5, &Answer::Publish(delivery), &mut bytes);
    bytes
}

fn from_bytes(bytes: &[u8]) -> Option<Message> {
    let (head, packet) = bytes.split_at_checked(10)?;
    let [FORMAT, qos, expires @ ..] = head else { return None };
    let expires = Timestamp::from_millis(i64::from_be_bytes(expires.try_into().ok()?));
    let PacketBuildResult::Complete(raw) = PacketBuilder::new().feed(&mut Cursor::new(packet)) else {
        return None;
    };
    let packet = publish(&raw)?;
    let message = Message {
        topic: packet.topic_name().to_owned(),
        payload: packet.payload().clone(),
        qos: Qos::try_from(*qos).ok()?,
        retain: true,
        properties: Vec::new(),
        expires: None,
    };
    let mut message = with_properties(message, packet.props(), &Clock::fixed(expires)).ok()?;
    message.expires = (expires != Timestamp::MAX).then_some(expires);
    Some(message)
}

fn publish(raw: &RawPacket) -> Option<v5_0::Publish> {
    match &raw.data {
        PacketData::Publish(data) => Some(v5_0::Publish::parse(raw.flags(), data.clone()).ok()?.0),
        PacketData::Normal(_) => None,
    }
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

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let mut rich = message("ny-power/é", "{}");
        rich.properties.push(Property::ContentType(ContentType::new("application/json").unwrap()));
        rich.properties.push(Property::UserProperty(UserProperty::new("a", "b").unwrap()));
        rich.expires = Some(Timestamp::from_millis(77));
        for message in [rich, message("a", "b")] {
            let message = Arc::new(message);
            assert_eq!(from_bytes(&to_bytes(&message)).as_ref(), Some(&*message));
        }
    }

    #[test]
    fn half_a_message_and_another_format_are_damaged() {
        let bytes = to_bytes(&Arc::new(message("topic", "payload")));
        for length in 0..bytes.len() - "payload".len() {
            assert_eq!(from_bytes(&bytes[..length]), None, "{length}");
        }
        let mut other = bytes.clone();
        other[0] = 2;
        assert_eq!(from_bytes(&other), None);
    }

    #[tokio::test]
    async fn the_last_change_of_each_topic_is_there_after_opening_again() {
        let dir = tempfile::tempdir().unwrap();
        let (store, kept) = Store::open(dir.path()).unwrap();
        assert!(kept.is_empty());
        let changed = |topic: &str, payload: &str| -> Change {
            (topic.to_owned(), Some(Arc::new(message(topic, payload))))
        };
        store.commit(vec![changed("a", "1"), changed("b", "1"), changed("a", "2")]).await.unwrap();
        store.commit(vec![("b".to_owned(), None), ("c".to_owned(), None)]).await.unwrap();
        assert!(matches!(Store::open(dir.path()), Err(BrokerError::Locked { .. })));
        drop(store);
        let (_, kept) = Store::open(dir.path()).unwrap();
        assert_eq!(kept, [Arc::new(message("a", "2"))]);
    }
}
