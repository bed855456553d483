//! What fuzz targets reach of this crate.

use bytes::BytesMut;

use crate::Version;
use crate::client::{decode, next_frame};

/// The packets in the reads of a connection, as text, to the first that is none.
pub fn packets<'a>(reads: impl IntoIterator<Item = &'a [u8]>, version: Version, limit: usize) -> Vec<String> {
    let (mut buffer, mut packets) = (BytesMut::new(), Vec::new());
    for read in reads {
        buffer.extend_from_slice(read);
        loop {
            match next_frame(&mut buffer, limit) {
                Ok(Some(frame)) => packets.push(format!("{:?}", decode(version, &frame))),
                Ok(None) => break,
                Err(error) => {
                    packets.push(format!("{error:?}"));
                    return packets;
                }
            }
        }
    }
    packets
}
