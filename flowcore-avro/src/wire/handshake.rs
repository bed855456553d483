use super::blocks::skip_optional_map;
use super::{Limits, Reader, WireError, protocol, writer};

/// The MD5 of a protocol's text.
pub type Md5 = [u8; 16];

/// What a client says in front of its first call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandshakeRequest<'a> {
    /// The hash of its protocol.
    pub client_hash: Md5,
    /// The text of its protocol, which it may leave out.
    pub client_protocol: Option<&'a str>,
    /// The hash that it believes the server's protocol has.
    pub server_hash: Md5,
}

/// What a server says in front of its first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeResponse<'a> {
    /// Whether they understand each other.
    pub matched: Match,
    /// The server's protocol, when the client had another hash of it.
    pub server_protocol: Option<&'a str>,
    /// Its hash.
    pub server_hash: Option<Md5>,
}

/// Who knows whose protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Both know both: the call is answered.
    Both,
    /// The server knows the client's: the call is answered.
    Client,
    /// The server does not know the client's: the call is not executed, and to be sent again with the text.
    None,
}

impl<'a> HandshakeRequest<'a> {
    /// What we say: always with the text, so that no server has to ask.
    pub fn ours(server_hash: Md5) -> Self {
        Self { client_hash: protocol::HASH, client_protocol: Some(protocol::TEXT), server_hash }
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn read(reader: &mut Reader<'a>, limits: &Limits) -> Result<Self, WireError> {
        let client_hash = hash(reader)?;
        let client_protocol = if reader.is_some()? { Some(reader.string()?) } else { None };
        let server_hash = hash(reader)?;
        skip_optional_map(reader, limits.headers)?;
        Ok(Self { client_hash, client_protocol, server_hash })
    }

    /// Appends it.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.client_hash);
        write_optional(out, self.client_protocol, writer::string);
        out.extend_from_slice(&self.server_hash);
        // A map that is there and empty, as Java writes it.
        out.extend_from_slice(&[2, 0]);
    }

    /// What our server answers.
    pub fn answer(&self) -> HandshakeResponse<'static> {
        let knows_client =
            protocol::is_known(&self.client_hash) || self.client_protocol.is_some_and(protocol::understands);
        let known = protocol::is_known(&self.server_hash);
        let matched = match (knows_client, known) {
            (true, true) => Match::Both,
            (true, false) => Match::Client,
            (false, _) => Match::None,
        };
        let is_short = matched == Match::Both;
        HandshakeResponse {
            matched,
            server_protocol: (!is_short).then_some(protocol::TEXT),
            server_hash: (!is_short).then_some(protocol::HASH),
        }
    }
}

impl<'a> HandshakeResponse<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// [`WireError`].
    pub fn read(reader: &mut Reader<'a>, limits: &Limits) -> Result<Self, WireError> {
        let matched = match reader.long()? {
            0 => Match::Both,
            1 => Match::Client,
            2 => Match::None,
            other => return Err(WireError::Choice(other, "a match of handshakes")),
        };
        let server_protocol = if reader.is_some()? { Some(reader.string()?) } else { None };
        let server_hash = if reader.is_some()? { Some(hash(reader)?) } else { None };
        skip_optional_map(reader, limits.headers)?;
        Ok(Self { matched, server_protocol, server_hash })
    }

    /// Appends it.
    pub fn write(&self, out: &mut Vec<u8>) {
        writer::long(out, self.matched as i64);
        write_optional(out, self.server_protocol, writer::string);
        write_optional(out, self.server_hash, |out, hash| out.extend_from_slice(&hash));
        out.extend_from_slice(&[2, 0]);
    }
}

fn hash(reader: &mut Reader<'_>) -> Result<Md5, WireError> {
    reader.take(16)?.try_into().map_err(|_| WireError::Truncated)
}

fn write_optional<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    writer::long(out, i64::from(value.is_some()));
    if let Some(value) = value {
        write(out, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::protocol::{HASH, HASH_WITHOUT_DOC, TEXT};
    use super::*;

    #[test]
    fn both_directions_come_back_as_they_were() {
        let request = HandshakeRequest::ours(HASH);
        let mut bytes = Vec::new();
        request.write(&mut bytes);
        let mut reader = Reader::new(&bytes);
        assert_eq!(HandshakeRequest::read(&mut reader, &Limits::default()), Ok(request));
        assert_eq!(reader.end(), Ok(()));
        for matched in [Match::Both, Match::Client, Match::None] {
            let response =
                HandshakeResponse { matched, server_protocol: Some("{}"), server_hash: Some(HASH) };
            let mut bytes = Vec::new();
            response.write(&mut bytes);
            assert_eq!(HandshakeResponse::read(&mut Reader::new(&bytes), &Limits::default()), Ok(response));
        }
    }

    #[test]
    fn the_matches_have_the_bytes_of_the_specification() {
        for (matched, byte) in [(Match::Both, 0), (Match::Client, 2), (Match::None, 4)] {
            let mut bytes = Vec::new();
            HandshakeResponse { matched, server_protocol: None, server_hash: None }.write(&mut bytes);
            assert_eq!(bytes, [byte, 0, 0, 2, 0]);
        }
    }

    #[test]
    fn who_is_known_is_answered() {
        let other = [7; 16];
        let answer = |client_hash, client_protocol, server_hash| {
            HandshakeRequest { client_hash, client_protocol, server_hash }.answer()
        };
        assert_eq!(answer(HASH, None, HASH).matched, Match::Both);
        assert_eq!(answer(HASH_WITHOUT_DOC, None, HASH_WITHOUT_DOC).matched, Match::Both);
        assert_eq!(answer(HASH, None, HASH).server_protocol, None);
        assert_eq!(answer(HASH, None, other).matched, Match::Client);
        assert_eq!(answer(HASH, None, other).server_protocol, Some(TEXT));
        assert_eq!(answer(other, None, HASH).matched, Match::None);
        assert_eq!(answer(other, None, HASH).server_hash, Some(HASH));
        assert_eq!(answer(other, Some("{}"), other).matched, Match::None);
        assert_eq!(answer(other, Some(TEXT), HASH).matched, Match::Both);
        assert_eq!(answer(other, Some(TEXT), other).matched, Match::Client);
    }
}
