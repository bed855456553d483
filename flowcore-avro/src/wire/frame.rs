use bytes::{Buf, Bytes, BytesMut};
use flowcore_rpc::Decoder;

use super::{Limits, WireError};

/// One message: its serial, by which an answer is matched, and its buffers joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Chosen by who asks; an answer has that of its question.
    pub serial: u32,
    /// All bytes. Where one buffer ends and the next begins means nothing.
    pub body: Bytes,
}

/// Cuts a stream of bytes into frames, however it is split into reads.
#[derive(Debug)]
pub struct FrameDecoder {
    limits: Limits,
    input: BytesMut,
    head: Option<Head>,
}

#[derive(Debug)]
struct Head {
    serial: u32,
    buffers_left: u32,
    body: Body,
}

/// A frame of one buffer needs no copy.
#[derive(Debug)]
enum Body {
    None,
    One(Bytes),
    Joined(BytesMut),
}

const HEAD: usize = 8;
const LENGTH: usize = 4;

impl FrameDecoder {
    /// For a peer that may send so much.
    pub fn new(limits: Limits) -> Self {
        Self { limits, input: BytesMut::new(), head: None }
    }

    fn read_head(&mut self) -> Result<bool, WireError> {
        if self.input.len() < HEAD {
            return Ok(false);
        }
        let (serial, buffers) = (self.input.get_u32(), self.input.get_u32());
        if buffers > self.limits.buffers {
            return Err(WireError::TooManyBuffers(buffers, self.limits.buffers));
        }
        self.head = Some(Head { serial, buffers_left: buffers, body: Body::None });
        Ok(true)
    }

    fn read_buffer(&mut self) -> Result<bool, WireError> {
        let (Some(head), Some((length, rest))) = (&mut self.head, self.input.split_first_chunk::<LENGTH>())
        else {
            return Ok(false);
        };
        let length = u32::from_be_bytes(*length);
        let all = head.body.len() as u64 + u64::from(length);
        if all > self.limits.frame_bytes as u64 {
            return Err(WireError::FrameTooLong(all, self.limits.frame_bytes));
        }
        let length = length as usize;
        if rest.len() < length {
            return Ok(false);
        }
        self.input.advance(LENGTH);
        head.body.push(self.input.split_to(length));
        head.buffers_left -= 1;
        Ok(true)
    }
}

impl Decoder for FrameDecoder {
    type Frame = Frame;
    type Error = WireError;

    fn frame_bytes(&self) -> usize {
        self.limits.frame_bytes
    }

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn is_between_frames(&self) -> bool {
        self.head.is_none() && self.input.is_empty()
    }

    fn held(&self) -> usize {
        self.input.len() + self.head.as_ref().map_or(0, |head| head.body.len())
    }

    /// As much as has arrived, not as was claimed.
    fn worth_reserving(&self) -> usize {
        const LEAST: usize = 16 << 10;
        let claimed =
            self.input.first_chunk::<LENGTH>().map_or(0, |length| u32::from_be_bytes(*length) as usize);
        let missing =
            if self.head.is_some() { (LENGTH + claimed).saturating_sub(self.input.len()) } else { 0 };
        missing.min(self.input.len()).max(LEAST)
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, WireError> {
        if self.head.is_none() && !self.read_head()? {
            return Ok(None);
        }
        while self.head.as_ref().is_some_and(|head| head.buffers_left > 0) {
            if !self.read_buffer()? {
                return Ok(None);
            }
        }
        Ok(self.head.take().map(|head| Frame { serial: head.serial, body: head.body.into_bytes() }))
    }
}

impl Body {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(bytes) => bytes.len(),
            Self::Joined(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, more: BytesMut) {
        match self {
            _ if more.is_empty() => {}
            Self::None => *self = Self::One(more.freeze()),
            Self::One(first) => {
                let mut joined = BytesMut::with_capacity(first.len() + more.len());
                joined.extend_from_slice(first);
                joined.extend_from_slice(&more);
                *self = Self::Joined(joined);
            }
            Self::Joined(joined) => joined.extend_from_slice(&more),
        }
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::None => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Joined(bytes) => bytes.freeze(),
        }
    }
}

/// Begins a frame of one buffer behind what is in `out`. Returns where, for [`end_frame`].
pub fn begin_frame(out: &mut Vec<u8>, serial: u32) -> usize {
    let start = out.len();
    out.extend_from_slice(&serial.to_be_bytes());
    out.extend_from_slice(&1u32.to_be_bytes());
    out.extend_from_slice(&[0; LENGTH]);
    start
}

/// Ends the frame that was begun at `start`: all that was appended since is its body.
///
/// # Errors
/// [`WireError::FrameTooLong`] when it has 4 GiB or more: the length has 32 bits.
pub fn end_frame(out: &mut [u8], start: usize) -> Result<(), WireError> {
    let body = out.len().saturating_sub(start + HEAD + LENGTH);
    let length = u32::try_from(body).map_err(|_| WireError::FrameTooLong(body as u64, u32::MAX as usize))?;
    let place = out.get_mut(start + HEAD..start + HEAD + LENGTH).ok_or(WireError::Truncated)?;
    place.copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(bytes: &[u8]) -> FrameDecoder {
        let limits = Limits { frame_bytes: 10, buffers: 3, ..Limits::default() };
        let mut decoder = FrameDecoder::new(limits);
        decoder.input().extend_from_slice(bytes);
        decoder
    }

    #[test]
    fn a_frame_comes_back_as_it_was() {
        let mut bytes = Vec::new();
        let start = begin_frame(&mut bytes, 7);
        bytes.extend_from_slice(b"hello");
        end_frame(&mut bytes, start).unwrap();
        let mut decoder = decoder(&bytes);
        assert_eq!(decoder.next_frame(), Ok(Some(Frame { serial: 7, body: Bytes::from("hello") })));
        assert_eq!(decoder.next_frame(), Ok(None));
        assert!(decoder.is_between_frames());
    }

    #[test]
    fn buffers_are_joined_and_may_be_empty() {
        let bytes = b"\0\0\0\x01\0\0\0\x03\0\0\0\x02ab\0\0\0\0\0\0\0\x01c";
        let mut decoder = decoder(bytes);
        assert_eq!(decoder.next_frame(), Ok(Some(Frame { serial: 1, body: Bytes::from("abc") })));
        let mut decoder = super::tests::decoder(&[0; 8]);
        assert_eq!(decoder.next_frame(), Ok(Some(Frame { serial: 0, body: Bytes::new() })));
    }

    #[test]
    fn limits_hold_before_the_bytes_have_arrived() {
        assert_eq!(decoder(b"\0\0\0\x01\0\0\0\x04").next_frame(), Err(WireError::TooManyBuffers(4, 3)));
        let long = b"\0\0\0\x01\0\0\0\x02\0\0\0\x06abcdef\0\0\0\x05";
        assert_eq!(decoder(long).next_frame(), Err(WireError::FrameTooLong(11, 10)));
    }
}
