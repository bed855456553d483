use std::error::Error;

/// The message of an error and those of its causes, in one line.
///
/// ```
/// use flowcore::base::with_causes;
/// use flowcore::ingest::SinkError;
///
/// let error = SinkError::retry(std::io::Error::other("out of milk"));
/// assert!(with_causes(&error).ends_with(": out of milk"));
/// ```
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
