use bytes::Bytes;
use flowcore::event::Event;
use memchr::{memchr, memchr_iter};

use super::charset::{Charset, DecodeErrors};
use super::{BATCH_BYTES, DeserializeError, Deserializer, FileInput};

/// How lines are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineOptions {
    /// Java's characters, the newline among them.
    pub(crate) most: usize,
    pub(crate) input: Charset,
    pub(crate) output: Charset,
    pub(crate) errors: DecodeErrors,
    pub(crate) strip_carriage_return: bool,
}

/// An event for each line. What is text as it stands is not copied: such lines are slices of what was read.
pub(crate) struct LineDeserializer {
    options: LineOptions,
    /// Up to this place in the file, what stands there may be handed on as it is.
    sound: u64,
    /// So many bytes of what is unread have no newline.
    searched: usize,
}

/// What is at the front of the input.
enum Front {
    /// So many bytes, and a newline.
    Line(usize),
    /// The rest of the file.
    Last(usize),
    /// More than a line may have.
    Long(usize),
    End,
}

impl Deserializer for LineDeserializer {
    fn read(
        &mut self,
        input: &mut FileInput,
        max: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), DeserializeError> {
        let (most, begin) = (events.len().saturating_add(max), input.position());
        while events.len() < most && input.position() - begin < BATCH_BYTES {
            if self.add_plain(input, most, events) {
                continue;
            }
            let (length, newline) = match self.front(input)? {
                Front::Line(length) => (length, 1),
                Front::Last(length) | Front::Long(length) => (length, 0),
                Front::End => break,
            };
            events.push(Event::new(self.take(input, length, newline)?));
            self.searched = 0;
        }
        Ok(())
    }
}

impl LineDeserializer {
    pub(crate) fn new(options: LineOptions) -> Self {
        let options = LineOptions { most: options.most.max(1), ..options };
        Self { options, sound: 0, searched: 0 }
    }

    /// The whole lines at the front that can be handed on as they are, up to `most` events: one loop for each
    /// buffer that was read. Returns whether there were any.
    fn add_plain(&mut self, input: &mut FileInput, most: usize, events: &mut Vec<Event>) -> bool {
        let read = input.unread_bytes();
        let sound = usize::try_from(self.sound.saturating_sub(input.position())).unwrap_or(usize::MAX);
        let mut from = 0;
        for newline in memchr_iter(b'\n', &read[..sound.min(read.len())]) {
            // In bytes: at least as many as characters.
            if newline - from >= self.options.most || events.len() == most {
                break;
            }
            events.push(Event::new(read.slice(from..self.end_of(read, from, newline))));
            from = newline + 1;
        }
        input.pass(from);
        self.searched = if from > 0 { 0 } else { self.searched };
        from > 0
    }

    /// Before the newline, and before a carriage return if it is not wanted.
    #[inline]
    fn end_of(&self, read: &[u8], from: usize, newline: usize) -> usize {
        let is_stripped = self.options.strip_carriage_return && read[from..newline].ends_with(b"\r");
        newline - usize::from(is_stripped)
    }

    fn front(&mut self, input: &mut FileInput) -> Result<Front, DeserializeError> {
        loop {
            let unread = input.unread();
            if let Some(at) = memchr(b'\n', &unread[self.searched..]) {
                return Ok(Front::Line(self.searched + at));
            }
            let length = unread.len();
            self.searched = length;
            // No character has more bytes.
            if length >= self.options.most.saturating_mul(4) {
                return Ok(Front::Long(length));
            }
            if !input.read_more()? {
                return Ok(if length == 0 { Front::End } else { Front::Last(length) });
            }
        }
    }

    fn take(
        &mut self,
        input: &mut FileInput,
        length: usize,
        newline: usize,
    ) -> Result<Bytes, DeserializeError> {
        if length + newline <= self.options.most && self.is_sound(input, length) {
            let mut line = input.take(length + newline);
            line.truncate(length);
            self.strip(&mut line);
            return Ok(line);
        }
        self.decode(input, length, newline)
    }

    /// Whether a line can be handed on as it is. Asks once for all lines that were read.
    fn is_sound(&mut self, input: &FileInput, length: usize) -> bool {
        let end = input.position() + length as u64;
        if end <= self.sound {
            return true;
        }
        if (self.options.input, self.options.output) != (Charset::Utf8, Charset::Utf8) {
            return false;
        }
        let unread = input.unread();
        let valid = str::from_utf8(unread).map_or_else(|error| error.valid_up_to(), str::len);
        self.sound = input.position() + valid as u64;
        end <= self.sound
    }

    fn decode(
        &self,
        input: &mut FileInput,
        length: usize,
        newline: usize,
    ) -> Result<Bytes, DeserializeError> {
        let LineOptions { most, input: charset, output, errors, .. } = self.options;
        let decoded = charset.decode(&input.unread()[..length], most, errors).map_err(|at| {
            let problem = format!("there is no text in {charset:?}");
            DeserializeError::Malformed { at: input.position() + at as u64, problem }
        })?;
        let is_whole = decoded.bytes == length;
        // The newline counts: where it is one too many, it is a line of its own.
        let has_room = decoded.text.encode_utf16().count() < most;
        if !is_whole || (newline == 1 && !has_room) {
            let (path, at) = (input.path().display(), input.position());
            tracing::warn!(%path, at, most, "a line is longer than the limit: its rest is the next event");
        }
        // Bytes that are no character of any text would come again for ever.
        let taken = if decoded.bytes == 0 { length } else { decoded.bytes };
        input.take(taken + if is_whole && has_room { newline } else { 0 });
        let mut line = Bytes::from(output.encode(decoded.text));
        self.strip(&mut line);
        Ok(line)
    }

    fn strip(&self, line: &mut Bytes) {
        if self.options.strip_carriage_return && line.ends_with(b"\r") {
            line.truncate(line.len() - 1);
        }
    }
}
