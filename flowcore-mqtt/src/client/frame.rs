use bytes::{Buf, BytesMut};

/// One packet: its first byte, and what follows the length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) first: u8,
    pub(crate) body: BytesMut,
}

/// Bytes that cannot be cut into packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a packet's length does not end")]
    Length,
    #[error("a packet of {size} bytes, and {limit} are allowed")]
    TooLarge { size: usize, limit: usize },
}

/// Cuts the next packet off `buffer`, if it is whole. A length that is too large is told as soon as it is
/// there: no memory is taken for what was only announced.
pub(crate) fn next_frame(buffer: &mut BytesMut, limit: usize) -> Result<Option<Frame>, FrameError> {
    let Some((header, length)) = header(buffer)? else { return Ok(None) };
    let size = header + length;
    if size > limit {
        return Err(FrameError::TooLarge { size, limit });
    }
    if buffer.len() < size {
        return Ok(None);
    }
    let first = buffer[0];
    let mut body = buffer.split_to(size);
    body.advance(header);
    Ok(Some(Frame { first, body }))
}

/// How long the header is, and what follows.
fn header(buffer: &[u8]) -> Result<Option<(usize, usize)>, FrameError> {
    let mut length = 0;
    for (at, byte) in buffer.iter().skip(1).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((at + 2, length)));
        }
        if at == 3 {
            return Err(FrameError::Length);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8], limit: usize) -> Result<(Vec<Vec<u8>>, usize), FrameError> {
        let (mut buffer, mut frames) = (BytesMut::from(bytes), Vec::new());
        while let Some(frame) = next_frame(&mut buffer, limit)? {
            frames.push(frame.body.to_vec());
        }
        Ok((frames, buffer.len()))
    }

    #[test]
    fn packets_are_cut_off_when_they_are_whole() {
        let bytes = [0x40, 2, 0, 1, 0xd0, 0, 0x40, 2, 0];
        assert_eq!(frames(&bytes, 100), Ok((vec![vec![0, 1], vec![]], 3)));
        assert_eq!(frames(&bytes[..1], 100), Ok((vec![], 1)));
        assert_eq!(frames(&[], 100), Ok((vec![], 0)));
    }

    #[test]
    fn lengths_take_up_to_four_bytes() {
        let mut bytes = vec![0x30, 0xc8, 0x01];
        bytes.extend(vec![7; 200]);
        assert_eq!(frames(&bytes, 300), Ok((vec![vec![7; 200]], 0)));
        assert_eq!(frames(&[0x30, 0x80, 0x80, 0x80, 0x80], 300), Err(FrameError::Length));
        assert_eq!(frames(&[0x30, 0x80, 0x80, 0x80], 300), Ok((vec![], 4)));
    }

    #[test]
    fn a_length_above_the_limit_is_refused_before_the_rest_comes() {
        let announced = FrameError::TooLarge { size: 268_435_460, limit: 1 << 20 };
        assert_eq!(frames(&[0x30, 0xff, 0xff, 0xff, 0x7f], 1 << 20), Err(announced));
    }
}
