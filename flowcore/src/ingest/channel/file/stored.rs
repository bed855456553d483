use std::sync::Arc;

use bytes::Bytes;

use crate::event::{Event, Headers, Weigh};

/// An item that a [`FileChannel`](super::FileChannel) can keep: how it becomes bytes and comes back.
///
/// ```
/// use bytes::Bytes;
/// use flowcore::event::Weigh;
/// use flowcore::ingest::{DecodeError, Stored};
///
/// #[derive(Debug, PartialEq)]
/// struct Reading(u32);
///
/// impl Weigh for Reading {
///     fn weight(&self) -> usize {
///         4
///     }
/// }
///
/// impl Stored for Reading {
///     fn encode(&self, into: &mut Vec<u8>) {
///         into.extend_from_slice(&self.0.to_le_bytes());
///     }
///
///     fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
///         let bytes = bytes[..].try_into().map_err(|_| DecodeError::new("a reading has four bytes"))?;
///         Ok(Self(u32::from_le_bytes(bytes)))
///     }
/// }
///
/// let mut bytes = Vec::new();
/// Reading(7).encode(&mut bytes);
/// assert_eq!(Reading::decode(bytes.into())?, Reading(7));
/// # Ok::<(), DecodeError>(())
/// ```
pub trait Stored: Weigh + Sized + Send + 'static {
    /// Adds its bytes to `into`: at most 4 GiB. What is there already is not its own.
    fn encode(&self, into: &mut Vec<u8>);

    /// The item whose bytes these are. They were checked: they are what `encode` wrote.
    ///
    /// # Errors
    /// [`DecodeError`] when this type did not write them.
    fn decode(bytes: Bytes) -> Result<Self, DecodeError>;
}

/// Bytes that are not of the item they were read as.
#[derive(Debug, Clone, thiserror::Error)]
#[error("not such an item: {0}")]
pub struct DecodeError(&'static str);

impl DecodeError {
    /// Says what does not fit.
    pub fn new(what: &'static str) -> Self {
        Self(what)
    }
}

const SHORT: DecodeError = DecodeError("it ends too early");

impl Stored for Event {
    /// The number of headers, the lengths of each name and value, then these, then the body.
    fn encode(&self, into: &mut Vec<u8>) {
        put_length(into, self.headers.len());
        for (name, value) in self.headers.iter() {
            put_length(into, name.len());
            put_length(into, value.len());
            into.extend_from_slice(name.as_bytes());
            into.extend_from_slice(value.as_bytes());
        }
        into.extend_from_slice(&self.body);
    }

    fn decode(mut bytes: Bytes) -> Result<Self, DecodeError> {
        let mut headers = Headers::default();
        for _ in 0..length(&mut bytes)? {
            let (name, value) = (length(&mut bytes)?, length(&mut bytes)?);
            headers.insert(text(&mut bytes, name)?, text(&mut bytes, value)?);
        }
        Ok(Self { headers, body: bytes })
    }
}

impl Stored for Bytes {
    fn encode(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self);
    }

    fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        Ok(bytes)
    }
}

impl Stored for String {
    fn encode(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.as_bytes());
    }

    fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        Self::from_utf8(bytes.into()).map_err(|_| DecodeError("it is not UTF-8"))
    }
}

fn put_length(into: &mut Vec<u8>, length: usize) {
    into.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn length(bytes: &mut Bytes) -> Result<usize, DecodeError> {
    let length = bytes.split_to_checked(4)?;
    let length = u32::from_le_bytes(length[..].try_into().map_err(|_| SHORT)?);
    usize::try_from(length).map_err(|_| SHORT)
}

fn text(bytes: &mut Bytes, length: usize) -> Result<Arc<str>, DecodeError> {
    let text = bytes.split_to_checked(length)?;
    std::str::from_utf8(&text).map(Arc::from).map_err(|_| DecodeError("a header is not UTF-8"))
}

trait SplitChecked {
    fn split_to_checked(&mut self, length: usize) -> Result<Bytes, DecodeError>;
}

impl SplitChecked for Bytes {
    fn split_to_checked(&mut self, length: usize) -> Result<Bytes, DecodeError> {
        if length > self.len() { Err(SHORT) } else { Ok(self.split_to(length)) }
    }
}

/// Puts the items of one put into `body`, each behind its length.
pub(super) fn encode_items<T: Stored>(items: &[T], body: &mut Vec<u8>) {
    for item in items {
        let at = body.len();
        body.extend_from_slice(&[0; 4]);
        item.encode(body);
        let length = u32::try_from(body.len() - at - 4).unwrap_or(u32::MAX);
        body[at..at + 4].copy_from_slice(&length.to_le_bytes());
    }
}

/// The next item's bytes.
pub(super) fn next_item(body: &mut Bytes) -> Result<Bytes, DecodeError> {
    let length = length(body)?;
    body.split_to_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_with_its_headers_and_body() {
        let event = Event::new("line").with_header("host", "web1").with_header("empty", "");
        let mut body = Vec::new();
        encode_items(&[event.clone(), Event::default()], &mut body);
        let mut body = Bytes::from(body);
        assert_eq!(Event::decode(next_item(&mut body).unwrap()).unwrap(), event);
        assert_eq!(Event::decode(next_item(&mut body).unwrap()).unwrap(), Event::default());
        assert!(body.is_empty());
    }

    #[test]
    fn bytes_that_end_too_early_are_an_error() {
        let mut bytes = Vec::new();
        Event::new("").with_header("host", "web1").encode(&mut bytes);
        for cut in 0..bytes.len() {
            assert!(Event::decode(Bytes::copy_from_slice(&bytes[..cut])).is_err(), "{cut}");
        }
    }
}
