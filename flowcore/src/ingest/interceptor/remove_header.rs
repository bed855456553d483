use super::Interceptor;
use crate::event::Event;
use crate::ingest::pattern::{Pattern, PatternError};

/// Removes headers: by name, from a list of names, or those whose whole name matches an expression. What any
/// of these names is removed.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::Interceptor;
/// use flowcore::ingest::interceptor::RemoveHeaderInterceptor;
///
/// let mut remove = RemoveHeaderInterceptor::new()
///     .with_name("a")
///     .from_list("b , c", RemoveHeaderInterceptor::DEFAULT_SEPARATOR)?
///     .matching("tmp_.*")?;
/// let event = ["a", "b", "c", "tmp_d", "my_tmp_e"].iter().fold(Event::new(""), |event, name| {
///     event.with_header(*name, "1")
/// });
/// let left = remove.intercept(vec![event]);
/// assert_eq!(left[0].headers.iter().collect::<Vec<_>>(), [("my_tmp_e", "1")]);
/// # Ok::<(), flowcore::ingest::pattern::PatternError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct RemoveHeaderInterceptor {
    names: Vec<String>,
    matching: Option<Pattern>,
}

impl RemoveHeaderInterceptor {
    /// What stands between the names of a list, unless said otherwise.
    pub const DEFAULT_SEPARATOR: &str = r"\s*,\s*";

    /// Removes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also removes this header.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Also removes these headers, with a match of `separator` between two names.
    ///
    /// # Errors
    /// [`PatternError`] of the separator.
    pub fn from_list(mut self, names: &str, separator: &str) -> Result<Self, PatternError> {
        let separator = Pattern::for_replacing(separator)?;
        let names = separator.regex().split(names.as_bytes()).map(String::from_utf8_lossy);
        self.names.extend(names.filter(|name| !name.is_empty()).map(std::borrow::Cow::into_owned));
        Ok(self)
    }

    /// Also removes headers whose whole name matches `pattern`.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn matching(mut self, pattern: &str) -> Result<Self, PatternError> {
        self.matching = Some(Pattern::whole(pattern)?);
        Ok(self)
    }

    fn removes(&self, name: &str) -> bool {
        let listed = self.names.iter().any(|listed| listed == name);
        listed || self.matching.as_ref().is_some_and(|pattern| pattern.finds(name.as_bytes()))
    }
}

impl Interceptor<Event> for RemoveHeaderInterceptor {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        for event in &mut events {
            event.headers.retain(|name, _| !self.removes(name));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_matched_as_a_whole_also_by_the_longer_of_two_alternatives() {
        let mut remove = RemoveHeaderInterceptor::new().matching("a|ab").unwrap();
        let event = ["a", "ab", "abc", "ba"].iter().fold(Event::new(""), |e, name| e.with_header(*name, "1"));
        let left = remove.intercept(vec![event]);
        assert_eq!(left[0].headers.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["abc", "ba"]);
    }
}
