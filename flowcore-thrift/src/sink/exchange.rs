use bytes::Bytes;
use flowcore::event::Event;
use flowcore_rpc::protocol::{self, Answer};

use crate::wire::{
    FrameDecoder, Limits, Protocol, Reply, Status, WireError, append_batch, begin_frame, end_frame,
    read_reply,
};

/// An answer may have: what a server says about an error.
const LIMITS: Limits = Limits { frame_bytes: 1 << 20, events: 0, headers: 0, text_bytes: 1 << 16, depth: 64 };

/// Words the calls to one server and understands the answers.
#[derive(Debug)]
pub struct Exchange {
    protocol: Protocol,
    serial: i32,
}

impl Exchange {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self { protocol, serial: 0 }
    }
}

impl protocol::Exchange for Exchange {
    type Decoder = FrameDecoder;
    type Status = Status;
    type Error = WireError;

    fn decoder(&self) -> FrameDecoder {
        FrameDecoder::new(LIMITS)
    }

    fn ask(&mut self, events: &[Event], out: &mut Vec<u8>) -> Result<(), WireError> {
        // As in Java, the first is 1.
        self.serial = self.serial.wrapping_add(1);
        let start = begin_frame(out);
        append_batch(self.protocol, out, self.serial, events);
        end_frame(out, start)
    }

    fn hear(&mut self, frame: &Bytes) -> Result<Answer<Status>, WireError> {
        Ok(match read_reply(self.protocol, frame, self.serial, &LIMITS)? {
            Reply::Status(Status::Ok) => Answer::Taken,
            Reply::Status(status) => Answer::NotTaken(status),
            Reply::Exception(message) => Answer::Error(message),
        })
    }
}
