use super::Span;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// It runs, perhaps not as it was meant.
    Warning,
    /// It does not run.
    Error,
}

/// Another place that has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// One thing to be said about a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// A word that stays the same when the message changes.
    pub code: &'static str,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The text that it is about.
    pub span: Option<Span>,
    /// What is said beside the underlined text.
    pub label: Option<String>,
    /// What the underlined text was probably meant to be.
    pub suggestion: Option<String>,
    /// What to do, or what happens otherwise.
    pub help: Option<String>,
    /// Other places.
    pub related: Vec<Related>,
    /// The component that it is about, as `a1.sources.r1`.
    pub component: Option<String>,
}

impl Severity {
    /// `note`, `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    /// A note.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        let (span, label, suggestion, help, component) = (None, None, None, None, None);
        Self { severity, code, message, span, label, suggestion, help, related: Vec::new(), component }
    }

    /// The text that it is about.
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }

    /// What is said beside the underlined text.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// What the text was probably meant to be.
    pub fn suggest(mut self, word: Option<impl Into<String>>) -> Self {
        self.suggestion = word.map(Into::into);
        self
    }

    /// What to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Another place.
    pub fn also(mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        self.related.extend(span.into().map(|span| Related { span, message: message.into() }));
        self
    }

    /// The component that it is about.
    pub fn of(mut self, component: impl Into<String>) -> Self {
        self.component = Some(component.into());
        self
    }
}
