//! What fuzz targets reach of this module.

use flowcore::event::Event;

use super::lines::LineDecoder;
use crate::Charset;

/// The lines in the reads of a connection, and why it ended, if it did.
pub fn lines<'a>(
    reads: impl IntoIterator<Item = &'a [u8]>,
    charset: Charset,
    max_chars: usize,
) -> (Vec<Event>, Option<String>) {
    let (mut decoder, mut lines) = (LineDecoder::new(charset, max_chars), Vec::new());
    for read in reads {
        if let Err(fault) = decoder.feed(read, &mut lines) {
            return (lines, Some(fault.to_string()));
        }
    }
    (lines, None)
}
