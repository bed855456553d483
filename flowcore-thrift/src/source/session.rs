use bytes::Bytes;
use flowcore::event::Event;

use crate::wire::{
    Call, EventDecoder, Failure, Limits, Protocol, Request, Status, WireError, begin_frame, end_frame,
    read_request, write_failure, write_status,
};

/// Understands the frames of one peer and words the answers.
#[derive(Debug)]
pub(super) struct Session {
    protocol: Protocol,
    decoder: EventDecoder,
}

/// Which call is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallId {
    name: Bytes,
    serial: i32,
}

/// What is to be done about a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Put these events; then [`Session::answer`] tells how it went.
    Put(CallId, Vec<Event>),
    /// Nothing: the answer is written.
    Answered,
}

impl Session {
    pub(super) fn new(protocol: Protocol, limits: Limits) -> Self {
        Self { protocol, decoder: EventDecoder::new(limits) }
    }

    /// Reads a frame. What needs no put is answered into `out`.
    pub(super) fn read(&mut self, frame: &Bytes, out: &mut Vec<u8>) -> Result<Step, WireError> {
        let Request { name, serial, call } = read_request(self.protocol, frame, &mut self.decoder)?;
        let id = CallId { name, serial };
        match call {
            Call::Put(events) => return Ok(Step::Put(id, events)),
            Call::Incomplete(missing) => self.refuse(&id, (Failure::ProtocolError, missing), out)?,
            Call::Unknown => self.refuse(&id, (Failure::UnknownMethod, "no such method"), out)?,
        }
        Ok(Step::Answered)
    }

    /// Writes how the put of this call went.
    pub(super) fn answer(&self, id: &CallId, status: Status, out: &mut Vec<u8>) -> Result<(), WireError> {
        let start = begin_frame(out);
        write_status(self.protocol, out, &id.name, id.serial, status);
        end_frame(out, start)
    }

    fn refuse(&self, id: &CallId, why: (Failure, &str), out: &mut Vec<u8>) -> Result<(), WireError> {
        let start = begin_frame(out);
        write_failure(self.protocol, out, (&id.name, id.serial), why);
        end_frame(out, start)
    }
}
