//! Answers as what they should be. `None` says that the server answered something else.

use bytes::Bytes;
use redis::Value;

pub(crate) fn bytes(value: Value) -> Option<Bytes> {
    match value {
        Value::BulkString(bytes) => Some(bytes.into()),
        Value::SimpleString(text) => Some(text.into()),
        _ => None,
    }
}

pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

pub(crate) fn list(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(values) | Value::Set(values) => Some(values),
        Value::Nil => Some(Vec::new()),
        _ => None,
    }
}

pub(crate) fn all_bytes(value: Value) -> Option<Vec<Bytes>> {
    list(value)?.into_iter().map(bytes).collect()
}

pub(crate) fn text(value: Value) -> Option<String> {
    String::from_utf8(bytes(value)?.into()).ok()
}
