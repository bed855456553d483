//! Retained messages and sessions on disk, one transaction for each batch.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::BytesMut;
use flowcore::base::blocking;
use redb::{
    Database, DatabaseError, Key, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    TableDefinition, TableError, Value, WriteTransaction,
};

use super::error::BrokerError;
use super::hub::Effects;
use super::kept::{Saved, SessionChange};
use super::outgoing::Owed;
use super::packet::Message;
use super::record::{Record, message_from_bytes, message_to_bytes};
use super::retained::Change;
use super::subscriptions::SessionId;

/// Topic to message. For the bytes see [`record`](super::record).
const RETAINED: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("retained");
/// Number to [`Record`].
const SESSIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("sessions");
/// Session, and number of the message in it, to [`Owed`].
const OWED: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("owed");
/// Session and id: messages of QoS 2 that came and are not released.
const RECEIVED: TableDefinition<'_, (u64, u16), ()> = TableDefinition::new("received");
/// It has its name from before there were sessions in it.
const FILE: &str = "retained.redb";

/// The file. When [`commit`](Self::commit) returns, what it was given survives the end of the process.
#[derive(Debug, Clone)]
pub(super) struct Store {
    database: Arc<Database>,
    path: Arc<PathBuf>,
}

/// What is to be different, as one.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) retained: Vec<Change>,
    pub(super) sessions: Vec<SessionChange>,
}

impl Changes {
    /// Takes them out of what follows.
    pub(super) fn of(effects: &mut Effects) -> Self {
        Self {
            retained: std::mem::take(&mut effects.changes),
            sessions: std::mem::take(&mut effects.sessions),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.retained.is_empty() && self.sessions.is_empty()
    }
}

/// What was there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) retained: Vec<Arc<Message>>,
    pub(super) sessions: Vec<Saved>,
}

impl Store {
    /// Opens or makes it, with all that it keeps.
    pub(super) fn open(dir: &Path) -> Result<(Self, Kept), BrokerError> {
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
    pub(super) async fn commit(&self, changes: Changes) -> Result<(), BrokerError> {
        let store = self.clone();
        let written = blocking(move || store.write(&changes)).await.map_err(BrokerError::Panicked)?;
        written.map_err(|source| BrokerError::Write { path: self.path.to_path_buf(), source: source.into() })
    }

    pub(super) fn write(&self, changes: &Changes) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        write_retained(&transaction, &changes.retained)?;
        if !changes.sessions.is_empty() {
            write_sessions(&transaction, &changes.sessions)?;
        }
        transaction.commit()?;
        Ok(())
    }

    pub(super) fn read(&self) -> Result<Kept, BrokerError> {
        let transaction = self.database.begin_read().map_err(|error| self.failed(error))?;
        let mut retained = Vec::new();
        self.each(&transaction, RETAINED, |topic, bytes| {
            let message = message_from_bytes(bytes).ok_or_else(|| self.damaged(topic))?;
            retained.push(Arc::new(message));
            Ok(())
        })?;
        Ok(Kept { retained, sessions: self.read_sessions(&transaction)? })
    }

    fn read_sessions(&self, transaction: &ReadTransaction) -> Result<Vec<Saved>, BrokerError> {
        let mut sessions = BTreeMap::new();
        self.each(transaction, SESSIONS, |id, bytes| {
            let record = Record::from_bytes(bytes).ok_or_else(|| self.half(format!("session {id}")))?;
            sessions.insert(id, Saved { id: SessionId(id), record, owed: Vec::new(), received: Vec::new() });
            Ok(())
        })?;
        self.each(transaction, OWED, |(id, number), bytes| {
            let half = || self.half(format!("message {number} of session {id}"));
            let session = sessions.get_mut(&id).ok_or_else(half)?;
            session.owed.push((number, Owed::from_bytes(bytes).ok_or_else(half)?));
            Ok(())
        })?;
        self.each(transaction, RECEIVED, |(id, packet), ()| {
            let half = || self.half(format!("message id {packet} of session {id}"));
            sessions.get_mut(&id).ok_or_else(half)?.received.push(packet);
            Ok(())
        })?;
        Ok(sessions.into_values().collect())
    }

    /// Shows all rows of a table, in order. A file from before there was this table has none.
    fn each<K: Key + 'static, V: Value + 'static>(
        &self,
        transaction: &ReadTransaction,
        table: TableDefinition<'_, K, V>,
        mut show: impl for<'r> FnMut(K::SelfType<'r>, V::SelfType<'r>) -> Result<(), BrokerError>,
    ) -> Result<(), BrokerError> {
        let table: ReadOnlyTable<K, V> = match transaction.open_table(table) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            Err(error) => return Err(self.failed(error)),
        };
        for row in table.iter().map_err(|error| self.failed(error))? {
            let (key, value) = row.map_err(|error| self.failed(error))?;
            show(key.value(), value.value())?;
        }
        Ok(())
    }

    fn failed(&self, source: impl Into<redb::Error>) -> BrokerError {
        BrokerError::Open { path: self.path.to_path_buf(), source: source.into().into() }
    }

    fn damaged(&self, topic: &str) -> BrokerError {
        BrokerError::Damaged { path: self.path.to_path_buf(), topic: topic.to_owned() }
    }

    fn half(&self, record: String) -> BrokerError {
        BrokerError::DamagedSession { path: self.path.to_path_buf(), record }
    }
}

fn refused(error: DatabaseError, path: &Path) -> BrokerError {
    let path = path.to_path_buf();
    match error {
        DatabaseError::DatabaseAlreadyOpen => BrokerError::Locked { path },
        error => BrokerError::Open { path, source: error.into() },
    }
}

fn write_retained(transaction: &WriteTransaction, changes: &[Change]) -> Result<(), redb::Error> {
    let last: BTreeMap<_, _> = changes.iter().map(|(topic, message)| (topic, message)).collect();
    let mut table = transaction.open_table(RETAINED)?;
    let mut bytes = BytesMut::new();
    for (topic, message) in last {
        let Some(message) = message else {
            table.remove(topic.as_str())?;
            continue;
        };
        bytes.clear();
        message_to_bytes(message, &mut bytes);
        table.insert(topic.as_str(), &bytes[..])?;
    }
    Ok(())
}

fn write_sessions(transaction: &WriteTransaction, changes: &[SessionChange]) -> Result<(), redb::Error> {
    let mut sessions = transaction.open_table(SESSIONS)?;
    let mut owed = transaction.open_table(OWED)?;
    let mut received = transaction.open_table(RECEIVED)?;
    for change in changes {
        match change {
            SessionChange::Changed(id, record) => drop(sessions.insert(id.0, &record.to_bytes()[..])?),
            SessionChange::Ended(SessionId(id)) => {
                sessions.remove(id)?;
                owed.retain_in((*id, 0)..=(*id, u64::MAX), |_, _| false)?;
                received.retain_in((*id, 0)..=(*id, u16::MAX), |_, ()| false)?;
            }
            SessionChange::Owed(id, number, None) => drop(owed.remove((id.0, *number))?),
            SessionChange::Owed(id, number, Some(message)) => {
                owed.insert((id.0, *number), &message.to_bytes()[..])?;
            }
            SessionChange::Received(id, packet, true) => drop(received.insert((id.0, *packet), ())?),
            SessionChange::Received(id, packet, false) => drop(received.remove((id.0, *packet))?),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mqtt_protocol_core::mqtt::IntoPayload;
    use mqtt_protocol_core::mqtt::packet::Qos;

    use super::*;
    use crate::broker::outgoing::Waiting;
    use crate::broker::session::Owner;

    fn message(topic: &str, payload: &str) -> Arc<Message> {
        Arc::new(Message {
            topic: topic.to_owned(),
            payload: payload.into_payload(),
            qos: Qos::ExactlyOnce,
            retain: true,
            properties: Vec::new(),
            expires: None,
        })
    }

    fn record(client: &str) -> Record {
        let owner = Owner { user: Some("pump".to_owned()), client: client.to_owned() };
        Record { owner, expiry: 9, away_since: None, filters: BTreeMap::new() }
    }

    fn waiting(payload: &str) -> Owed {
        let message = message("a", payload);
        Owed::Waiting(Waiting { message, qos: Qos::AtLeastOnce, retain: false, subscriptions: Vec::new() })
    }

    fn retained(changes: &[(&str, Option<&str>)]) -> Changes {
        let change = |(topic, payload): &(&str, Option<&str>)| {
            ((*topic).to_owned(), payload.map(|payload| message(topic, payload)))
        };
        Changes { retained: changes.iter().map(change).collect(), sessions: Vec::new() }
    }

    fn sessions(changes: Vec<SessionChange>) -> Changes {
        Changes { retained: Vec::new(), sessions: changes }
    }

    const ONE: SessionId = SessionId(1);
    const TWO: SessionId = SessionId(2);

    #[tokio::test]
    async fn the_last_change_of_each_topic_is_there_after_opening_again() {
        let dir = tempfile::tempdir().unwrap();
        let (store, kept) = Store::open(dir.path()).unwrap();
        assert_eq!(kept, Kept::default());
        store.commit(retained(&[("a", Some("1")), ("b", Some("1")), ("a", Some("2"))])).await.unwrap();
        store.commit(retained(&[("b", None), ("c", None)])).await.unwrap();
        assert!(matches!(Store::open(dir.path()), Err(BrokerError::Locked { .. })));
        drop(store);
        let (_, kept) = Store::open(dir.path()).unwrap();
        assert_eq!(kept, Kept { retained: vec![message("a", "2")], sessions: Vec::new() });
    }

    #[tokio::test]
    async fn sessions_are_there_after_opening_again_and_what_ended_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path()).unwrap();
        let made = [(ONE, "one"), (TWO, "two")].map(|(id, name)| SessionChange::Changed(id, record(name)));
        let owed = [10, 2, 30].map(|number| SessionChange::Owed(ONE, number, Some(waiting("x"))));
        let received = [7, 8].map(|packet| SessionChange::Received(ONE, packet, true));
        store.commit(sessions(made.into_iter().chain(owed).chain(received).collect())).await.unwrap();
        let later = [
            SessionChange::Owed(ONE, 10, None),
            SessionChange::Owed(ONE, 30, Some(Owed::Released(5))),
            SessionChange::Received(ONE, 7, false),
            SessionChange::Owed(TWO, 1, Some(waiting("y"))),
            SessionChange::Received(TWO, 1, true),
            SessionChange::Ended(TWO),
        ];
        store.commit(sessions(later.into())).await.unwrap();
        drop(store);
        let (_, kept) = Store::open(dir.path()).unwrap();
        let owed = vec![(2, waiting("x")), (30, Owed::Released(5))];
        let one = Saved { id: ONE, record: record("one"), owed, received: vec![8] };
        assert_eq!(kept, Kept { retained: Vec::new(), sessions: vec![one] });
    }

    /// What opening says after these bytes were put into a table.
    fn complaint<K: Key + 'static>(table: TableDefinition<'_, K, &[u8]>, key: K::SelfType<'_>) -> String {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path()).unwrap();
        store.write(&sessions(vec![SessionChange::Changed(ONE, record("one"))])).unwrap();
        let transaction = store.database.begin_write().unwrap();
        transaction.open_table(table).unwrap().insert(key, &b"\x01half"[..]).unwrap();
        transaction.commit().unwrap();
        drop(store);
        Store::open(dir.path()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_damaged_is_named() {
        let named = [
            (complaint(RETAINED, "a/b"), "topic a/b is damaged"),
            (complaint(SESSIONS, 5), "session 5 is damaged"),
            (complaint(OWED, (1, 3)), "message 3 of session 1 is damaged"),
            (complaint(OWED, (4, 3)), "message 3 of session 4 is damaged"),
        ];
        for (said, wanted) in named {
            assert!(said.ends_with(wanted), "{said}");
        }
    }
}
