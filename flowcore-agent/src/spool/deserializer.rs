use flowcore::event::Event;

use super::FileInput;

/// Cuts a file into events. One is made for each time that a file is opened.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore_agent::registry::Registry;
/// use flowcore_agent::spool::{DeserializeError, Deserializer, FileInput};
///
/// /// Records of the same length.
/// struct Records(usize);
///
/// impl Deserializer for Records {
///     fn read(
///         &mut self,
///         input: &mut FileInput,
///         max: usize,
///         events: &mut Vec<Event>,
///     ) -> Result<(), DeserializeError> {
///         for _ in 0..max {
///             while input.unread().len() < self.0 && input.read_more()? {}
///             match input.unread().len() {
///                 0 => break,
///                 rest if rest < self.0 => return Err(input.malformed("there is half a record")),
///                 _ => events.push(Event::new(input.take(self.0))),
///             }
///         }
///         Ok(())
///     }
/// }
///
/// let registry = Registry::builtin().deserializer("com.example.Records$Builder", |settings| {
///     let length = settings.number("length")?;
///     Ok(move || Records(length))
/// });
///
/// let folder = tempfile::tempdir()?;
/// let spool = folder.path().display();
/// std::fs::write(folder.path().join("a"), "onetwoten")?;
/// let conf = format!(
///     "a1.sources = r1
///     a1.channels = c1
///     a1.sinks = k1
///     a1.sources.r1.type = spooldir
///     a1.sources.r1.spoolDir = {spool}
///     a1.sources.r1.deserializer = com.example.Records$Builder
///     a1.sources.r1.deserializer.length = 3
///     a1.sources.r1.channels = c1
///     a1.channels.c1.type = memory
///     a1.sinks.k1.type = null
///     a1.sinks.k1.channel = c1"
/// );
/// let agent = flowcore_agent::AgentFile::from_properties(conf).registry(registry).agent("a1")?;
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let agent = agent.start().await?;
/// while !folder.path().join("a.COMPLETED").exists() {
///     tokio::task::yield_now().await;
/// }
/// assert_eq!(agent.snapshot().sinks[0].delivered, 3);
/// agent.stop().await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Deserializer: Send + 'static {
    /// Adds at most `max` events, and takes what they were made of from the input: after a restart reading goes on
    /// at its position. Adds none at the end of the file only.
    ///
    /// # Errors
    /// [`DeserializeError`]; events that were added before are delivered, then the file is set aside.
    fn read(
        &mut self,
        input: &mut FileInput,
        max: usize,
        events: &mut Vec<Event>,
    ) -> Result<(), DeserializeError>;

    /// How many of the events that were added last are read again when reading goes on at the input's position:
    /// those of a block that cannot be entered in its middle. None unless said otherwise.
    fn repeated(&self) -> usize {
        0
    }
}

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeserializeError {
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
