use flowcore::event::Event;

use crate::wire::{
    Call, EventDecoder, Frame, HandshakeRequest, Limits, Match, Reader, Status, WireError, begin_frame,
    end_frame, error_reply, ping_reply, read_call, status_reply,
};

/// What one peer has said so far: understands its frames and words the answers.
#[derive(Debug)]
pub(super) struct Session {
    limits: Limits,
    decoder: EventDecoder,
    has_shaken_hands: bool,
    handshake: Vec<u8>,
}

fn unknown_message(out: &mut Vec<u8>) {
    error_reply(out, "no such message in AvroSourceProtocol");
}

/// What is to be done about a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Put these events; then [`Session::answer`] tells how it went.
    Put(Vec<Event>),
    /// Nothing: the answer is written.
    Answered,
}

impl Session {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, decoder: EventDecoder::new(limits), has_shaken_hands: false, handshake: Vec::new() }
    }

    /// Reads a frame. What needs no put is answered into `out`.
    pub(super) fn read(&mut self, frame: &Frame, out: &mut Vec<u8>) -> Result<Step, WireError> {
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
            Call::Put(events) => return Ok(Step::Put(events)),
            Call::Ping if is_first => self.reply(frame.serial, out, |_| {})?,
            Call::Ping => self.reply(frame.serial, out, ping_reply)?,
            Call::Unknown => {
                self.reply(frame.serial, out, unknown_message)?;
            }
        }
        Ok(Step::Answered)
    }

    /// Writes how the put of the frame with this serial went.
    pub(super) fn answer(&mut self, serial: u32, status: Status, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.reply(serial, out, |out| status_reply(out, status))
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
