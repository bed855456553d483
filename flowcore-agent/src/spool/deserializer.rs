use flowcore::event::Event;

use super::FileInput;

/// Cuts a file into events. One is made for each time that a file is opened.
pub(crate) trait Deserializer: Send + 'static {
    /// Adds at most `max` events, and takes what they were made of from the input: reading may go on at its
    /// position after a restart. Adds none at the end of the file only.
    ///
    /// # Errors
    /// [`DeserializeError`]; events that were added before are delivered, then the file is set aside.
    fn read(
        &mut self,
        input: &mut FileInput,
        max: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), DeserializeError>;
}

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeserializeError {
    /// The system says so.
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    /// What stands there is not what it should be.
    #[error("{problem} at byte {at}")]
    Malformed {
        /// Counted from 0 at the start of the file.
        at: u64,
        /// What it is.
        problem: String,
    },
}
