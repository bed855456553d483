use serde::Serialize;

use crate::Checked;
use crate::check::{ComponentSummary, Summary};
use crate::diagnostic::{Diagnostic, Severity, Span};

#[derive(Serialize)]
struct Output<'a> {
    agents: Vec<Agent<'a>>,
    diagnostics: Vec<Said<'a>>,
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Agent<'a> {
    name: &'a str,
    components: Vec<Component<'a>>,
    ways: &'a [[String; 3]],
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "`type` is a word of the language")]
struct Component<'a> {
    kind: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    component_type: &'a str,
    connected: &'a [String],
}

#[derive(Serialize)]
struct Said<'a> {
    severity: &'a str,
    code: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    label: Option<&'a str>,
    suggestion: Option<&'a str>,
    help: Option<&'a str>,
    component: Option<&'a str>,
    related: Vec<Related<'a>>,
}

/// Lines and columns are counted from 1, columns in characters; `end_column` is behind the last one.
#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    place: Option<Place<'a>>,
    message: &'a str,
}

/// All of it, for editors.
pub(super) fn json(
    checked: &Checked,
    summaries: &[Summary],
    said: &[&Diagnostic],
) -> serde_json::Result<String> {
    let count = |severity| said.iter().filter(|d| d.severity == severity).count();
    let output = Output {
        agents: summaries.iter().map(agent).collect(),
        diagnostics: said.iter().map(|diagnostic| one(checked, diagnostic)).collect(),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
    };
    serde_json::to_string_pretty(&output)
}

fn agent(summary: &Summary) -> Agent<'_> {
    let components = summary.components.iter().map(component).collect();
    Agent { name: &summary.agent, components, ways: &summary.ways }
}

fn component(c: &ComponentSummary) -> Component<'_> {
    Component { kind: c.kind, name: &c.name, component_type: &c.component_type, connected: &c.connected }
}

fn one<'a>(checked: &'a Checked, said: &'a Diagnostic) -> Said<'a> {
    let related = said.related.iter();
    Said {
        severity: said.severity.as_str(),
        code: said.code,
        message: &said.message,
        place: said.span.and_then(|span| place(checked, span)),
        label: said.label.as_deref(),
        suggestion: said.suggestion.as_deref(),
        help: said.help.as_deref(),
        component: said.component.as_deref(),
        related: related.map(|r| Related { place: place(checked, r.span), message: &r.message }).collect(),
    }
}

fn place(checked: &Checked, span: Span) -> Option<Place<'_>> {
    let file = &checked.files.get(span.file)?.name;
    let (line, column) = (span.start.line, span.start.column);
    Some(Place { file, line, column, end_column: column.saturating_add(span.length) })
}
