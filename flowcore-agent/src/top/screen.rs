use super::line::{Line, Style, wrapped};
use super::numbers::stretch;
use super::problems::problems;
use super::rates::Rates;
use super::table::{Columns, rows};
use super::view::{Group, View};
use super::ways::ways;

/// How large a screen is, and what stands around the agent.
#[derive(Debug, Clone)]
pub struct Looks {
    /// Columns.
    pub width: usize,
    /// Lines; none for as many as there are.
    pub height: Option<usize>,
    /// Where the agent is.
    pub url: String,
    /// What is wrong with its answers.
    pub complaint: Option<String>,
    /// What can be done.
    pub footer: Option<String>,
}

/// The lines of a screen that shows `now`; rates need what was `before`.
///
/// ```
/// use flowcore_agent::top::{Looks, View, screen};
///
/// let answer = br#"{"CHANNEL.c1": {"ChannelSize": "5", "ChannelCapacity": "10",
///                   "ChannelFillPercentage": "50.0"}}"#;
/// let view = View::read(answer, 0)?;
/// let looks = Looks { width: 80, height: None, url: "localhost".into(), complaint: None, footer: None };
/// let text: Vec<String> = screen(None, &view, &looks).iter().map(|line| line.text(false)).collect();
/// assert!(text.iter().any(|line| line.ends_with("50 % of 10")), "{text:?}");
/// # Ok::<(), flowcore_agent::top::ViewError>(())
/// ```
pub fn screen(before: Option<&View>, now: &View, looks: &Looks) -> Vec<Line> {
    let mut lines = vec![title(now, looks)];
    lines.extend(looks.complaint.iter().map(|text| Line::of(Style::Bad, text.clone())));
    let problems = problems(now).into_iter().flat_map(|text| wrapped(&format!("! {text}"), looks.width));
    lines.extend(problems.map(|text| Line::of(Style::Bad, text)));
    let columns = Columns::fit(now, looks.width);
    let rates = Rates::between(before, now);
    let sections = [
        (&[Group::Source][..], "SOURCE", "TOTAL", "STATE"),
        (&[Group::Channel], "CHANNEL", "EVENTS", "FILL"),
        (&[Group::Sink, Group::Several], "SINK", "TOTAL", "STATE"),
    ];
    for (groups, head, total, last) in sections {
        let of = now.components.iter().filter(|component| groups.contains(&component.group));
        lines.extend([Line::default(), columns.head(head, total, last)]);
        lines.extend(of.flat_map(|component| rows(component, now, &rates, &columns)));
    }
    let ways = ways(now);
    if !ways.is_empty() {
        lines.push(Line::default());
    }
    lines.extend(ways.into_iter().map(|[source, channel, sinks]| {
        let sinks = if sinks.is_empty() { "nobody".to_owned() } else { sinks };
        Line::of(Style::Dim, format!("  {source} → {channel} → {sinks}"))
    }));
    fitted(lines, looks)
}

fn title(now: &View, looks: &Looks) -> Line {
    let agent = now.agent.as_ref().map_or("Flume", |agent| agent.name.as_str());
    let started = now.components.iter().filter_map(|component| component.millis("StartTime"));
    let started = started.filter(|at| *at > 0).min();
    let up = started.map_or_else(String::new, |at| format!("  up {}", stretch(now.time.saturating_sub(at))));
    let mut line = Line::of(Style::Bold, format!("agent {agent}"));
    line.push(Style::Plain, up + &changed(now));
    let room = looks.width.saturating_sub(line.width() + looks.url.chars().count());
    if room > 1 {
        line.push(Style::Dim, format!("{}{}", " ".repeat(room), looks.url));
    }
    line
}

/// When it followed another configuration.
fn changed(now: &View) -> String {
    let at = now.agent.as_ref().and_then(|agent| agent.millis("LastChangeTime"));
    at.map_or_else(String::new, |at| format!(", changed {} ago", stretch(now.time.saturating_sub(at))))
}

/// As many lines as there is room for, none of them too long.
fn fitted(mut lines: Vec<Line>, looks: &Looks) -> Vec<Line> {
    let footer = looks.footer.as_ref().map(|text| Line::of(Style::Dim, text.clone()));
    let room = looks.height.map(|height| height.saturating_sub(2 * usize::from(footer.is_some())));
    if let Some(room) = room.filter(|room| *room < lines.len()) {
        let hidden = lines.len() - room.saturating_sub(1);
        lines.truncate(room.saturating_sub(1));
        lines.push(Line::of(Style::Dim, format!("… {hidden} more lines: make the window taller")));
    }
    if let Some(footer) = footer {
        lines.extend([Line::default(), footer]);
    }
    lines.into_iter().map(|line| line.cut(looks.width)).collect()
}
