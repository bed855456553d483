use jiff::Timestamp;

use crate::stamp::{StampError, StampReader};

/// The instant of a message. Others publish it without one, or without the zone: of the two that a wall time
/// has in autumn it is the first then.
pub(super) fn instant(
    stamps: &mut StampReader,
    ts: &str,
    zone: Option<&str>,
    at: Option<Timestamp>,
) -> Result<Timestamp, StampError> {
    let mut read = |zone: &str| stamps.read(ts.as_bytes(), zone.as_bytes());
    match (at, zone) {
        (Some(at), _) => Ok(at),
        (None, Some(zone)) => Ok(read(zone)?.at()),
        (None, None) => Ok(read("EDT").or_else(|_| read("EST"))?.at()),
    }
}
