use flowcore::event::Event;
use flowcore_rpc::protocol;

use crate::wire::{
    Frame, FrameDecoder, HASH, HandshakeRequest, HandshakeResponse, Limits, Match, Md5, Reader, Reply,
    Status, WireError, append_batch, begin_frame, end_frame, parse_reply,
};

type Answer = protocol::Answer<Status>;

/// What one server has said so far: words the calls and understands the answers.
#[derive(Debug)]
pub struct Exchange {
    limits: Limits,
    serial: u32,
    has_shaken_hands: bool,
    server_hash: Md5,
    /// Whether the server has been told its own hash.
    has_asked_again: bool,
}

impl Exchange {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, serial: 0, has_shaken_hands: false, server_hash: HASH, has_asked_again: false }
    }

    fn not_understood(&mut self, handshake: &HandshakeResponse<'_>) -> Answer {
        match handshake.server_hash {
            Some(hash) if !self.has_asked_again => {
                (self.server_hash, self.has_asked_again) = (hash, true);
                Answer::Again
            }
            _ => Answer::Stranger,
        }
    }
}

impl protocol::Exchange for Exchange {
    type Decoder = FrameDecoder;
    type Status = Status;
    type Error = WireError;

    fn decoder(&self) -> FrameDecoder {
        FrameDecoder::new(self.limits)
    }

    fn ask(&mut self, events: &[Event], out: &mut Vec<u8>) -> Result<(), WireError> {
        // As in Java, the first is 1.
        self.serial = self.serial.wrapping_add(1);
        let start = begin_frame(out, self.serial);
        if !self.has_shaken_hands {
            HandshakeRequest::ours(self.server_hash).write(out);
        }
        append_batch(out, events);
        end_frame(out, start)
    }

    fn hear(&mut self, frame: &Frame) -> Result<Answer, WireError> {
        if frame.serial != self.serial {
            return Ok(Answer::Stray);
        }
        let mut reader = Reader::new(&frame.body);
        if !self.has_shaken_hands {
            let handshake = HandshakeResponse::read(&mut reader, &self.limits)?;
            if handshake.matched == Match::None {
                return Ok(self.not_understood(&handshake));
            }
            self.has_shaken_hands = true;
        }
        Ok(match parse_reply(&mut reader, &self.limits)? {
            Reply::Status(Status::Ok) => Answer::Taken,
            Reply::Status(status) => Answer::NotTaken(status),
            Reply::Error(message) => Answer::Error(message.chars().take(1000).collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use flowcore_rpc::Decoder;
    use flowcore_rpc::protocol::Exchange as _;

    use super::*;
    use crate::wire::{TEXT, status_reply};

    fn asked(exchange: &mut Exchange) -> Frame {
        let mut decoder = FrameDecoder::new(Limits::default());
        let mut out = Vec::new();
        exchange.ask(&[Event::new("x")], &mut out).unwrap();
        decoder.input().extend_from_slice(&out);
        decoder.next_frame().unwrap().unwrap()
    }

    fn answer(serial: u32, matched: Option<Match>, status: Option<Status>) -> Frame {
        let mut body = Vec::new();
        if let Some(matched) = matched {
            let hash = (matched != Match::Both).then_some([5; 16]);
            HandshakeResponse { matched, server_protocol: hash.map(|_| TEXT), server_hash: hash }
                .write(&mut body);
        }
        if let Some(status) = status {
            status_reply(&mut body, status);
        }
        Frame { serial, body: Bytes::from(body) }
    }

    #[test]
    fn the_handshake_stands_before_the_first_call_alone() {
        let mut exchange = Exchange::new(Limits::default());
        let first = asked(&mut exchange);
        assert_eq!(first.serial, 1);
        let heard = exchange.hear(&answer(1, Some(Match::Client), Some(Status::Ok)));
        assert_eq!(heard, Ok(Answer::Taken));
        let second = asked(&mut exchange);
        assert_eq!((second.serial, &second.body[..13]), (2, &b"\0\x16appendBatch"[..]));
        assert_eq!(
            exchange.hear(&answer(2, None, Some(Status::Failed))),
            Ok(Answer::NotTaken(Status::Failed))
        );
    }

    #[test]
    fn a_server_that_does_not_know_us_is_asked_again_once_with_its_own_hash() {
        let mut exchange = Exchange::new(Limits::default());
        asked(&mut exchange);
        assert_eq!(exchange.hear(&answer(1, Some(Match::None), None)), Ok(Answer::Again));
        let again = asked(&mut exchange);
        let request = HandshakeRequest::read(&mut Reader::new(&again.body), &Limits::default()).unwrap();
        assert_eq!((again.serial, request.server_hash, request.client_protocol), (2, [5; 16], Some(TEXT)));
        assert_eq!(exchange.hear(&answer(2, Some(Match::None), None)), Ok(Answer::Stranger));
    }

    #[test]
    fn answers_to_something_else_are_none() {
        let mut exchange = Exchange::new(Limits::default());
        asked(&mut exchange);
        assert_eq!(exchange.hear(&answer(9, Some(Match::Both), Some(Status::Ok))), Ok(Answer::Stray));
    }
}
