use bytes::Bytes;
use flowcore::event::Event;
use redis::Value;

use crate::reply;

/// One entry of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: Bytes,
    /// Names and values by turns. `None` when the entry was removed from the stream.
    pub(super) fields: Option<Vec<Bytes>>,
}

impl Entry {
    /// The entry as an event.
    pub(super) fn to_event(&self, body_field: &str, id_header: Option<&str>) -> Event {
        let mut event = Event::default();
        let mut has_body = false;
        for pair in self.fields.as_deref().unwrap_or_default().chunks_exact(2) {
            let [name, value] = pair else { continue };
            if !has_body && name == body_field.as_bytes() {
                event.body = value.clone();
                has_body = true;
            } else {
                event.headers.insert(String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            }
        }
        if let Some(header) = id_header {
            event.headers.insert(header, String::from_utf8_lossy(&self.id));
        }
        event
    }
}

/// Entries as `XREADGROUP` answers them for one stream.
pub(super) fn read(answer: Value) -> Option<Vec<Entry>> {
    let entries = match answer {
        Value::Nil => return Some(Vec::new()),
        Value::Map(streams) => streams.into_iter().next()?.1,
        streams => {
            let stream = reply::list(streams)?.into_iter().next()?;
            reply::list(stream)?.into_iter().nth(1)?
        }
    };
    entries_of(entries)
}

/// Where the next `XAUTOCLAIM` goes on, and what this one has claimed.
pub(super) fn claimed(answer: Value) -> Option<(Bytes, Vec<Entry>)> {
    let mut parts = reply::list(answer)?.into_iter();
    let cursor = reply::bytes(parts.next()?)?;
    Some((cursor, entries_of(parts.next()?)?))
}

fn entries_of(entries: Value) -> Option<Vec<Entry>> {
    // Redis 6.2 has nil for an entry that was claimed and is removed.
    let entries = reply::list(entries)?.into_iter().filter(|entry| !matches!(entry, Value::Nil));
    entries.map(entry_of).collect()
}

fn entry_of(entry: Value) -> Option<Entry> {
    let mut parts = reply::list(entry)?.into_iter();
    let id = reply::bytes(parts.next()?)?;
    let fields = match parts.next()? {
        Value::Nil => None,
        fields => Some(reply::all_bytes(fields)?),
    };
    Some(Entry { id, fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn entry(id: &str, fields: Value) -> Value {
        Value::Array(vec![text(id), fields])
    }

    fn streams(entries: Vec<Value>) -> Value {
        Value::Array(vec![Value::Array(vec![text("key"), Value::Array(entries)])])
    }

    #[test]
    fn the_first_body_field_is_the_body_and_all_others_are_headers() {
        let fields = ["body", "text", "host", "web1", "body", "2"].map(text).to_vec();
        let entries = read(streams(vec![entry("1-1", Value::Array(fields))])).unwrap();
        let event = entries[0].to_event("body", Some("id"));
        assert_eq!(&event.body[..], b"text");
        let headers: Vec<_> = event.headers.iter().collect();
        assert_eq!(headers, [("host", "web1"), ("body", "2"), ("id", "1-1")]);
    }

    #[test]
    fn a_removed_entry_has_no_fields_and_nil_is_none() {
        let entries = read(streams(vec![entry("1-1", Value::Nil), Value::Nil])).unwrap();
        assert_eq!(entries, [Entry { id: "1-1".into(), fields: None }]);
    }

    #[test]
    fn an_answer_of_another_shape_is_refused() {
        assert_eq!(read(Value::Int(1)), None);
        assert_eq!(read(streams(vec![Value::Array(vec![])])), None);
        assert_eq!(claimed(Value::Array(vec![])), None);
        assert_eq!(read(Value::Nil), Some(vec![]));
    }
}
