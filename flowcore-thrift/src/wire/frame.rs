use bytes::{Buf, Bytes, BytesMut};
use flowcore_rpc::Decoder;

use super::{Limits, WireError};

/// Cuts a stream of bytes into frames, without their lengths.
#[derive(Debug)]
pub struct FrameDecoder {
    most: usize,
    input: BytesMut,
    /// How long the last frame was: the next one is likely as long.
    usual: usize,
}

const LENGTH: usize = 4;

impl FrameDecoder {
    /// For a peer that may send so much.
    pub fn new(limits: Limits) -> Self {
        Self { most: limits.frame_bytes, input: BytesMut::new(), usual: 0 }
    }

    fn claimed(&self) -> Option<usize> {
        self.input.first_chunk::<LENGTH>().map(|length| u32::from_be_bytes(*length) as usize)
    }
}

impl Decoder for FrameDecoder {
    type Frame = Bytes;
    type Error = WireError;

    fn frame_bytes(&self) -> usize {
        self.most
    }

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn is_between_frames(&self) -> bool {
        self.input.is_empty()
    }

    fn held(&self) -> usize {
        self.input.len()
    }

    /// As much as has arrived, or as came with the last frame; not as was claimed.
    fn worth_reserving(&self) -> usize {
        const LEAST: usize = 16 << 10;
        let whole = self.claimed().map_or(self.usual, |claimed| LENGTH + claimed);
        let missing = whole.saturating_sub(self.input.len());
        missing.min(self.input.len().max(self.usual)).max(LEAST)
    }

    fn next_frame(&mut self) -> Result<Option<Bytes>, WireError> {
        let Some(length) = self.claimed() else { return Ok(None) };
        if length > self.most {
            return Err(WireError::FrameTooLong(length as u64, self.most));
        }
        if self.input.len() - LENGTH < length {
            return Ok(None);
        }
        self.usual = LENGTH + length;
        self.input.advance(LENGTH);
        Ok(Some(self.input.split_to(length).freeze()))
    }
}

/// Begins a frame behind what is in `out`. Returns where, for [`end_frame`].
pub fn begin_frame(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH]);
    start
}

/// Ends the frame that was begun at `start`: all that was appended since is in it.
///
/// # Errors
/// [`WireError::FrameTooLong`] when it has 2 GiB or more: Java's lengths have a sign.
pub fn end_frame(out: &mut [u8], start: usize) -> Result<(), WireError> {
    const MOST: usize = i32::MAX as usize;
    let bytes = out.len().saturating_sub(start + LENGTH);
    let length = i32::try_from(bytes).map_err(|_| WireError::FrameTooLong(bytes as u64, MOST))?;
    let place = out.get_mut(start..start + LENGTH).ok_or(WireError::Truncated)?;
    place.copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(bytes: &[u8]) -> FrameDecoder {
        let mut decoder = FrameDecoder::new(Limits { frame_bytes: 10, ..Limits::default() });
        decoder.input().extend_from_slice(bytes);
        decoder
    }

    #[test]
    fn frames_come_back_as_they_were() {
        let mut bytes = Vec::new();
        for body in ["hello", "", "you"] {
            let start = begin_frame(&mut bytes);
            bytes.extend_from_slice(body.as_bytes());
            end_frame(&mut bytes, start).unwrap();
        }
        let mut decoder = decoder(&bytes);
        for body in ["hello", "", "you"] {
            assert_eq!(decoder.next_frame(), Ok(Some(Bytes::from(body))));
        }
        assert_eq!(decoder.next_frame(), Ok(None));
        assert!(decoder.is_between_frames());
    }

    #[test]
    fn the_limit_holds_before_the_bytes_have_arrived() {
        assert_eq!(decoder(b"\0\0\0\x0a").next_frame(), Ok(None));
        assert_eq!(decoder(b"\0\0\0\x0b").next_frame(), Err(WireError::FrameTooLong(11, 10)));
        let negative = decoder(b"\xff\xff\xff\xff").next_frame();
        assert_eq!(negative, Err(WireError::FrameTooLong(0xffff_ffff, 10)));
    }

    #[test]
    fn room_is_made_for_what_came_before_and_not_for_what_is_claimed() {
        let limits = Limits::default();
        let mut decoder = FrameDecoder::new(limits);
        decoder.input().extend_from_slice(&15_000_000u32.to_be_bytes());
        assert_eq!(decoder.worth_reserving(), 16 << 10);
        decoder.input().extend_from_slice(&vec![0; 1 << 20]);
        assert_eq!(decoder.worth_reserving(), (1 << 20) + LENGTH);
        let mut decoder = FrameDecoder::new(limits);
        decoder.input().extend_from_slice(&[&(1u32 << 20).to_be_bytes()[..], &vec![0; 1 << 20]].concat());
        assert!(decoder.next_frame().unwrap().is_some());
        assert_eq!(decoder.worth_reserving(), (1 << 20) + LENGTH);
    }
}
