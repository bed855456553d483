use std::fmt;

use crate::ErrorKind;

/// Why a broker did what it did, as MQTT 5 numbers it. Those of 3.1.1 are translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reason(pub(crate) u8);

impl Reason {
    pub(crate) const SUCCESS: Self = Self(0);

    pub(crate) fn is_failure(self) -> bool {
        self.0 >= 0x80
    }

    pub(crate) fn kind(self) -> ErrorKind {
        match self.0 {
            0x81 | 0x82 | 0x8d | 0x91 | 0x93 | 0x94 => ErrorKind::Protocol,
            0x88 | 0x89 | 0x8b | 0x96 | 0x97 | 0x98 | 0x9f | 0xa0 => ErrorKind::Busy,
            0x84 | 0x85 | 0x8c => ErrorKind::Config,
            0x86 => ErrorKind::Login,
            0x87 | 0x8a => ErrorKind::Denied,
            0x8e => ErrorKind::TakenOver,
            0x8f | 0x90 => ErrorKind::Topic,
            0x95 => ErrorKind::TooLarge,
            _ => ErrorKind::Refused,
        }
    }
}

impl std::error::Error for Reason {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(u8, &str); 32] = [
            (0x81, "malformed packet"),
            (0x82, "protocol error"),
            (0x83, "implementation specific error"),
            (0x84, "unsupported protocol version"),
            (0x85, "client identifier not valid"),
            (0x86, "bad user name or password"),
            (0x87, "not authorized"),
            (0x88, "server unavailable"),
            (0x89, "server busy"),
            (0x8a, "banned"),
            (0x8b, "server shutting down"),
            (0x8c, "bad authentication method"),
            (0x8d, "keep alive timeout"),
            (0x8e, "session taken over"),
            (0x8f, "topic filter invalid"),
            (0x90, "topic name invalid"),
            (0x91, "packet identifier in use"),
            (0x93, "receive maximum exceeded"),
            (0x94, "topic alias invalid"),
            (0x95, "packet too large"),
            (0x96, "message rate too high"),
            (0x97, "quota exceeded"),
            (0x98, "administrative action"),
            (0x99, "payload format invalid"),
            (0x9a, "retain not supported"),
            (0x9b, "quality of service not supported"),
            (0x9c, "use another server"),
            (0x9d, "server moved"),
            (0x9e, "shared subscriptions not supported"),
            (0x9f, "connection rate exceeded"),
            (0xa0, "maximum connect time"),
            (0xa2, "wildcard subscriptions not supported"),
        ];
        match NAMES.iter().find(|(code, _)| *code == self.0) {
            Some((code, name)) => write!(f, "{name} (0x{code:02x})"),
            None => write!(f, "reason 0x{:02x}", self.0),
        }
    }
}
