use super::{Charset, Interceptor, InterceptorCount};
use crate::event::Event;
use crate::ingest::pattern::{Pattern, PatternError, Replacement};

/// Replaces every match of an expression in the body.
///
/// In the replacement `$1` and `${name}` are groups and `\$` is a dollar sign, as in Java. A body that is not
/// text of the charset goes on as it is, and is counted. `$` in the expression is the end of the body alone:
/// a line end there is not replaced with what stands before it.
///
/// ```
/// use flowcore::event::Event;
/// use flowcore::ingest::Interceptor;
/// use flowcore::ingest::interceptor::SearchReplaceInterceptor;
///
/// let mut hide = SearchReplaceInterceptor::new(r"(\d{4})-\d{4}-\d{4}", r"$1-\$\$")?;
/// let events = hide.intercept(vec![Event::new("card 1234-5678-9012, 1111-2222-3333")]);
/// assert_eq!(events[0].body, "card 1234-$$, 1111-$$");
/// # Ok::<(), flowcore::ingest::pattern::PatternError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SearchReplaceInterceptor {
    pattern: Pattern,
    replacement: Replacement,
    charset: Charset,
    undecoded: InterceptorCount,
}

impl SearchReplaceInterceptor {
    /// Puts `replacement` in the place of every match of `pattern`.
    ///
    /// # Errors
    /// [`PatternError`] of the pattern or the replacement.
    pub fn new(pattern: &str, replacement: &str) -> Result<Self, PatternError> {
        let pattern = Pattern::for_replacing(pattern)?;
        let replacement = Replacement::new(replacement, &pattern)?;
        Ok(Self { pattern, replacement, charset: Charset::Utf8, undecoded: InterceptorCount::default() })
    }

    /// How bodies are written; UTF-8 unless said otherwise.
    #[must_use]
    pub fn charset(mut self, charset: Charset) -> Self {
        self.charset = charset;
        self
    }

    /// How many bodies were not text of the charset.
    pub fn undecoded(&self) -> InterceptorCount {
        self.undecoded.clone()
    }

    /// A text with what is replaced; `None` if nothing is.
    pub fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        if !self.pattern.finds(text) {
            return None;
        }
        let (mut out, mut done) = (Vec::with_capacity(text.len()), 0);
        for found in self.pattern.regex().captures_iter(text) {
            // The engine also finds nothing between the bytes of a character.
            let Some(whole) = found.get(0).filter(|whole| !is_inside_character(text, whole.start())) else {
                continue;
            };
            out.extend_from_slice(text.get(done..whole.start()).unwrap_or_default());
            self.replacement.append(&found, &mut out);
            done = whole.end();
        }
        out.extend_from_slice(text.get(done..).unwrap_or_default());
        Some(out)
    }
}

fn is_inside_character(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(|byte| byte & 0xC0 == 0x80)
}

impl Interceptor<Event> for SearchReplaceInterceptor {
    fn intercept(&mut self, mut events: Vec<Event>) -> Vec<Event> {
        let mut undecoded = 0;
        for event in &mut events {
            let text = self.charset.decode(&event.body);
            undecoded += u64::from(text.is_none());
            let replaced = text.and_then(|text| self.replaced(&text));
            if let Some(text) = replaced {
                event.body = self.charset.encode(text).into();
            }
        }
        self.undecoded.add(undecoded);
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(interceptor: SearchReplaceInterceptor, body: &'static [u8]) -> (Vec<u8>, u64) {
        let mut interceptor = interceptor;
        let body = interceptor.intercept(vec![Event::new(body)]).remove(0).body.to_vec();
        (body, interceptor.undecoded().get())
    }

    fn new(pattern: &str, replacement: &str) -> SearchReplaceInterceptor {
        SearchReplaceInterceptor::new(pattern, replacement).unwrap()
    }

    #[test]
    fn all_matches_are_replaced_also_empty_ones_between_characters() {
        assert_eq!(replace(new("x*", "-"), "axé".as_bytes()).0, "-a-é-".as_bytes());
        assert_eq!(replace(new("^(.)(.*)$", "$2$1"), b"abc").0, b"bca");
        assert_eq!(replace(new("nothing", "-"), b"abc").0, b"abc");
    }

    #[test]
    fn a_carriage_return_at_the_end_can_be_taken_away_and_is_kept_otherwise() {
        assert_eq!(replace(new(r"\r$", ""), b"abc\r").0, b"abc");
        assert_eq!(replace(new("c", "d"), b"abc\r").0, b"abd\r");
    }

    #[test]
    fn a_body_that_is_not_text_goes_on_as_it_is_and_is_counted() {
        assert_eq!(replace(new("a", "b"), b"a\xFF"), (b"a\xFF".to_vec(), 1));
        assert_eq!(replace(new("a", "b").charset(Charset::Ascii), b"a\xE9"), (b"a\xE9".to_vec(), 1));
        assert_eq!(replace(new("é", "e").charset(Charset::Latin1), b"\xE9"), (b"e".to_vec(), 0));
        assert_eq!(replace(new("a", "é€").charset(Charset::Latin1), b"a\xE9"), (b"\xE9?\xE9".to_vec(), 0));
    }
}
