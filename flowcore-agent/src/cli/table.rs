use std::fmt::{self, Write};

use crate::check::Summary;

/// Writes what an agent has: its components, then the ways from sources to sinks.
pub(super) fn write(summary: &Summary, out: &mut impl Write) -> fmt::Result {
    writeln!(out, "agent {}", shown(&summary.agent))?;
    let width = |of: fn(&crate::check::ComponentSummary) -> &str| {
        summary.components.iter().map(|c| shown(of(c)).chars().count()).max().unwrap_or(0)
    };
    let (kinds, names, types) = (width(|c| c.kind), width(|c| &c.name), width(|c| &c.component_type));
    for component in &summary.components {
        let arrow = match component.kind {
            "source" => "→ ",
            "sink" => "← ",
            "sink group" => "of ",
            _ => "",
        };
        let connected = component.connected.iter().map(|name| shown(name)).collect::<Vec<_>>().join(" ");
        let name = shown(&component.name);
        let kind = if component.component_type.is_empty() {
            "?".to_owned()
        } else {
            shown(&component.component_type)
        };
        let line = format!("  {:kinds$}  {name:names$}  {kind:types$}  {arrow}{connected}", component.kind);
        writeln!(out, "{}", line.trim_end())?;
    }
    if !summary.ways.is_empty() {
        writeln!(out)?;
    }
    for [source, channel, sinks] in &summary.ways {
        let sinks = if sinks.is_empty() { "nobody".to_owned() } else { shown(sinks) };
        writeln!(out, "  {} → {} → {sinks}", shown(source), shown(channel))?;
    }
    writeln!(out)
}

/// A name that cannot spoil a terminal or a table.
fn shown(name: &str) -> String {
    name.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
