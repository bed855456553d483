//! What is said in one line.

use crate::Checked;
use crate::diagnostic::{Diagnostic, SourceFiles};

/// `file:line:column: message; help`, for a log.
pub(super) fn line(files: &SourceFiles, said: &Diagnostic) -> String {
    let place = said.span.and_then(|span| {
        let file = files.get(span.file)?;
        Some(format!("{}:{}:{}: ", file.name, span.start.line, span.start.column))
    });
    let (severity, code, message) = (said.severity.as_str(), said.code, &said.message);
    let mean = said.suggestion.as_ref().map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
    let help = said.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{}{severity}[{code}]: {message}{mean}{help}", place.unwrap_or_default())
}

/// The agents that there are.
pub(super) fn names(checked: &Checked) -> String {
    let names: Vec<&str> = checked.config.agents.iter().map(|agent| agent.name.as_str()).take(20).collect();
    if names.is_empty() { "the file names none".to_owned() } else { format!("found: {}", names.join(", ")) }
}
