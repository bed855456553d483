use std::str::FromStr;

/// What of a message's header stays in the body (`keepFields`).
///
/// ```
/// use flowcore_net::syslog::KeepFields;
/// assert_eq!("false".parse(), Ok(KeepFields::NONE));
/// assert_eq!("true".parse(), Ok(KeepFields::ALL));
/// let some: KeepFields = "priority, hostname".parse()?;
/// assert_ne!(some, KeepFields::NONE);
/// # Ok::<(), flowcore_net::syslog::UnknownFields>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeepFields {
    pub(super) all: bool,
    pub(super) chosen: Option<Chosen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "any of them may be chosen")]
pub(super) struct Chosen {
    pub(super) priority: bool,
    pub(super) version: bool,
    pub(super) timestamp: bool,
    pub(super) hostname: bool,
}

/// A text that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of none, all, priority, version, timestamp and hostname")]
pub struct UnknownFields(String);

impl KeepFields {
    /// The body alone.
    pub const NONE: Self = Self { all: false, chosen: None };
    /// The whole message as it was received.
    pub const ALL: Self = Self { all: true, chosen: None };
}

impl FromStr for KeepFields {
    type Err = UnknownFields;

    /// `none` or `false`, `all` or `true`, or any of `priority`, `version`, `timestamp` and `hostname` with
    /// commas or blanks between.
    fn from_str(text: &str) -> Result<Self, UnknownFields> {
        match text.trim().to_ascii_lowercase().as_str() {
            "none" | "false" => return Ok(Self::NONE),
            "all" | "true" => return Ok(Self::ALL),
            _ => {}
        }
        let mut chosen = Chosen::default();
        for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
            let field = match word.to_ascii_lowercase().as_str() {
                "priority" => &mut chosen.priority,
                "version" => &mut chosen.version,
                "timestamp" => &mut chosen.timestamp,
                "hostname" => &mut chosen.hostname,
                _ => return Err(UnknownFields(text.to_owned())),
            };
            *field = true;
        }
        if chosen == Chosen::default() {
            return Err(UnknownFields(text.to_owned()));
        }
        Ok(Self { all: false, chosen: Some(chosen) })
    }
}

impl Chosen {
    /// `<priority>version timestamp hostname body`, what was chosen of it. What a message has not is left
    /// out.
    pub(super) fn prepend(self, fields: &Fields<'_>, body: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(fields.len() + body.len());
        if self.priority {
            text.extend_from_slice(b"<");
            text.extend_from_slice(fields.priority);
            text.extend_from_slice(b">");
        }
        let words =
            [(self.version, fields.version), (self.timestamp, fields.stamp), (self.hostname, fields.host)];
        for word in words.into_iter().filter_map(|(chosen, word)| word.filter(|_| chosen)) {
            text.extend_from_slice(word);
            text.push(b' ');
        }
        text.extend_from_slice(body);
        text
    }
}

/// What may be kept, as it was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) priority: &'a [u8],
    pub(super) version: Option<&'a [u8]>,
    pub(super) stamp: Option<&'a [u8]>,
    pub(super) host: Option<&'a [u8]>,
}

impl Fields<'_> {
    fn len(&self) -> usize {
        let words = [self.version, self.stamp, self.host];
        self.priority.len() + 2 + words.into_iter().flatten().map(|word| word.len() + 1).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_fields_stand_before_the_body_in_the_order_of_a_message() {
        let fields = Fields { priority: b"13", version: Some(b"1"), stamp: Some(b"2003"), host: Some(b"h") };
        for (text, expected) in [
            ("priority", "<13>body"),
            ("hostname version", "1 h body"),
            ("timestamp,priority", "<13>2003 body"),
            ("hostname, timestamp priority version", "<13>1 2003 h body"),
        ] {
            let chosen = text.parse::<KeepFields>().unwrap().chosen.unwrap();
            assert_eq!(chosen.prepend(&fields, b"body"), expected.as_bytes(), "{text}");
        }
        let less = Fields { version: None, stamp: None, ..fields };
        let chosen = "version timestamp hostname".parse::<KeepFields>().unwrap().chosen.unwrap();
        assert_eq!(chosen.prepend(&less, b"body"), b"h body");
    }

    #[test]
    fn a_text_that_names_no_field_is_an_error_with_the_text() {
        for text in ["", "facility", "priority;version"] {
            assert!(text.parse::<KeepFields>().unwrap_err().to_string().contains(&format!("{text:?}")));
        }
    }
}
