use flowcore::event::Event;

use super::{BATCH_BYTES, DeserializeError, Deserializer, FileInput};

/// The whole file as one event, or as several when it is too long.
pub(crate) struct BlobDeserializer {
    most: usize,
}

impl BlobDeserializer {
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1) }
    }
}

impl Deserializer for BlobDeserializer {
    fn read(
        &mut self,
        input: &mut FileInput,
        max: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), DeserializeError> {
        let (most, begin) = (events.len().saturating_add(max), input.position());
        while events.len() < most && input.position() - begin < BATCH_BYTES {
            while input.unread().len() < self.most && input.read_more()? {}
            if input.unread().is_empty() {
                break;
            }
            events.push(Event::new(input.take(self.most)));
        }
        Ok(())
    }
}
