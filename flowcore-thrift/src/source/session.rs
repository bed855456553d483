use bytes::Bytes;
use flowcore_rpc::protocol::{self, Outcome, Step};

use crate::wire::{
    Call, EventDecoder, Failure, FrameDecoder, Limits, Protocol, Request, Status, WireError, begin_frame,
    end_frame, read_request, write_failure, write_status,
};

/// Understands the frames of one peer and words the answers.
#[derive(Debug)]
pub struct Session {
    protocol: Protocol,
    limits: Limits,
    decoder: EventDecoder,
}

/// Which call is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallId {
    name: Bytes,
    serial: i32,
}

impl Session {
    pub(super) fn new(protocol: Protocol, limits: Limits) -> Self {
        Self { protocol, limits, decoder: EventDecoder::new(limits) }
    }

    fn refuse(&self, id: &CallId, why: (Failure, &str), out: &mut Vec<u8>) -> Result<(), WireError> {
        let start = begin_frame(out);
        write_failure(self.protocol, out, (&id.name, id.serial), why);
        end_frame(out, start)
    }
}

impl protocol::Session for Session {
    type Decoder = FrameDecoder;
    type Call = CallId;
    type Error = WireError;

    fn decoder(&self) -> FrameDecoder {
        FrameDecoder::new(self.limits)
    }

    fn read(&mut self, frame: &Bytes, out: &mut Vec<u8>) -> Result<Step<CallId>, WireError> {
        let Request { name, serial, call } = read_request(self.protocol, frame, &mut self.decoder)?;
        let id = CallId { name, serial };
        match call {
            Call::Put(events) => return Ok(Step::Put(id, events)),
            Call::Incomplete(missing) => self.refuse(&id, (Failure::ProtocolError, missing), out)?,
            Call::Unknown => self.refuse(&id, (Failure::UnknownMethod, "no such method"), out)?,
        }
        Ok(Step::Answered)
    }

    fn answer(&mut self, id: &CallId, outcome: Outcome, out: &mut Vec<u8>) -> Result<(), WireError> {
        let status = match outcome {
            Outcome::Committed => Status::Ok,
            Outcome::Refused => Status::Failed,
        };
        let start = begin_frame(out);
        write_status(self.protocol, out, &id.name, id.serial, status);
        end_frame(out, start)
    }
}
