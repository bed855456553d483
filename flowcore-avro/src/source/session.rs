use flowcore_rpc::protocol::{self, Outcome, Step};

use crate::wire::{
    Call, EventDecoder, Frame, FrameDecoder, HandshakeRequest, Limits, Match, Reader, Status, WireError,
    begin_frame, end_frame, error_reply, ping_reply, read_call, status_reply,
};

/// What one peer has said so far: understands its frames and words the answers.
#[derive(Debug)]
pub struct Session {
    limits: Limits,
    decoder: EventDecoder,
    has_shaken_hands: bool,
    handshake: Vec<u8>,
}

fn unknown_message(out: &mut Vec<u8>) {
    error_reply(out, "no such message in AvroSourceProtocol");
}

impl Session {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, decoder: EventDecoder::new(limits), has_shaken_hands: false, handshake: Vec::new() }
    }

    fn shake_hands(&mut self, reader: &mut Reader<'_>) -> Result<Match, WireError> {
        let answer = HandshakeRequest::read(reader, &self.limits)?.answer();
        self.has_shaken_hands = answer.matched != Match::None;
        answer.write(&mut self.handshake);
        Ok(answer.matched)
    }

    fn reply(
        &mut self,
        serial: u32,
        out: &mut Vec<u8>,
        value: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), WireError> {
        let start = begin_frame(out, serial);
        out.append(&mut self.handshake);
        value(out);
        end_frame(out, start)
    }
}

impl protocol::Session for Session {
    type Decoder = FrameDecoder;
    /// The serial of its frame.
    type Call = u32;
    type Error = WireError;

    fn decoder(&self) -> FrameDecoder {
        FrameDecoder::new(self.limits)
    }

    fn read(&mut self, frame: &Frame, out: &mut Vec<u8>) -> Result<Step<u32>, WireError> {
        let mut reader = Reader::new(&frame.body);
        let is_first = !self.has_shaken_hands;
        if is_first {
            let matched = self.shake_hands(&mut reader)?;
            if matched == Match::None {
                self.reply(frame.serial, out, |_| {})?;
                return Ok(Step::Answered);
            }
        }
        match read_call(&frame.body, &mut reader, &mut self.decoder, &self.limits)? {
            Call::Put(events) => return Ok(Step::Put(frame.serial, events)),
            Call::Ping if is_first => self.reply(frame.serial, out, |_| {})?,
            Call::Ping => self.reply(frame.serial, out, ping_reply)?,
            Call::Unknown => self.reply(frame.serial, out, unknown_message)?,
        }
        Ok(Step::Answered)
    }

    fn answer(&mut self, serial: &u32, outcome: Outcome, out: &mut Vec<u8>) -> Result<(), WireError> {
        let status = match outcome {
            Outcome::Committed => Status::Ok,
            Outcome::Refused => Status::Failed,
        };
        self.reply(*serial, out, |out| status_reply(out, status))
    }
}
