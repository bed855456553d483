use super::line::{Line, Style, clip};
use super::numbers::{count, short, stretch};
use super::problems::FULL;
use super::rates::Rates;
use super::view::{Component, Group, View};

/// A number has so many places, with those before it.
const NUMBER: usize = 8;
/// What the last column needs: a bar and what stands behind it.
const LAST: usize = 26;

/// How wide the columns of names and types are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    name: usize,
    type_name: usize,
    last: usize,
}

impl Columns {
    pub(super) fn fit(view: &View, width: usize) -> Self {
        let longest = |of: fn(&Component) -> usize| view.components.iter().map(of).max().unwrap_or(0);
        let names = longest(|component| component.name.chars().count() + 2).max("CHANNEL".len());
        let types = longest(|component| type_of(component).chars().count()).max("TYPE".len());
        let free = width.saturating_sub(2 + 2 + 3 * NUMBER + 2 + LAST);
        let type_name = types.min((free * 2 / 5).max(6));
        let name = names.min(free.saturating_sub(type_name).max(8));
        let last = width.saturating_sub(2 + name + 2 + type_name + 3 * NUMBER + 2).min(60);
        Self { name, type_name, last }
    }

    fn row(&self, name: &str, type_name: &str, numbers: [&str; 3]) -> String {
        let Self { name: names, type_name: types, .. } = *self;
        let [input, output, total] = numbers;
        let (name, type_name) = (clip(name, names), clip(type_name, types));
        format!("  {name:names$}  {type_name:types$}{input:>NUMBER$}{output:>NUMBER$}{total:>NUMBER$}  ")
    }

    pub(super) fn head(&self, kind: &str, total: &str, last: &str) -> Line {
        Line::of(Style::Bold, self.row(kind, "TYPE", ["IN/S", "OUT/S", total]) + last)
    }
}

fn type_of(component: &Component) -> String {
    component.text("ComponentType").unwrap_or_else(|| "–".to_owned())
}

/// What came in, what went out, and what there is of it, by group.
fn counted(component: &Component) -> [&'static str; 3] {
    match component.group {
        Group::Agent => ["", "", ""],
        Group::Source => ["EventReceivedCount", "EventAcceptedCount", "EventAcceptedCount"],
        Group::Channel => ["EventPutSuccessCount", "EventTakeSuccessCount", "ChannelSize"],
        Group::Sink | Group::Several => {
            // Some sinks count as successes what they are told to.
            let all = component.number("DeliveredCount").map(|_| "DeliveredCount");
            let out = all.unwrap_or("EventDrainSuccessCount");
            ["EventDrainAttemptCount", out, out]
        }
    }
}

/// A component, and below it what it failed with lately.
pub(super) fn rows(component: &Component, view: &View, rates: &Rates<'_>, columns: &Columns) -> Vec<Line> {
    let [input, output, total] = counted(component);
    let rate = |member: &str| rates.of(component, member).map_or_else(|| "–".to_owned(), short);
    let total = component.number(total).map_or_else(|| "–".to_owned(), count);
    let indent = if component.text("Group").is_some() { "  " } else { "" };
    let name = format!("{indent}{}", component.name);
    let mut line = Line::default();
    line.push(Style::Plain, columns.row(&name, &type_of(component), [&rate(input), &rate(output), &total]));
    if component.group == Group::Channel {
        fill(&mut line, component, columns.last);
    } else {
        let (style, state) = state(component, view);
        line.push(style, state);
    }
    std::iter::once(line).chain(error(component, view)).collect()
}

fn state(component: &Component, view: &View) -> (Style, String) {
    let state = component.text("State").unwrap_or_default();
    match state.as_str() {
        "running" => (Style::Good, state),
        "backing off" => {
            let left = component.millis("BackOffUntil").map_or(0, |until| until.saturating_sub(view.time));
            (Style::Bad, format!("backs off, {}", stretch(left)))
        }
        "failed" => (Style::Bad, state),
        _ => (Style::Dim, state),
    }
}

/// A bar of eighths, as long as there is room.
fn fill(line: &mut Line, component: &Component, width: usize) {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let Some(percent) = component.number("ChannelFillPercentage").filter(|percent| *percent <= 100.0) else {
        return line.push(Style::Dim, "–");
    };
    let capacity = component.number("ChannelCapacity").map_or_else(String::new, short);
    let behind = format!(" {percent:>3.0} % of {capacity:5}");
    let places = width.saturating_sub(behind.chars().count() + 2).min(40);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places of a bar")]
    #[expect(clippy::cast_precision_loss, reason = "places of a bar")]
    let eighths = (percent / 100.0 * (places * 8) as f64).ceil() as usize;
    let bar = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS.get(eighths % 8).unwrap_or(&""));
    let style = if percent >= FULL {
        Style::Bad
    } else if percent >= 70.0 {
        Style::Warn
    } else {
        Style::Good
    };
    line.push(Style::Dim, "[");
    line.push(style, format!("{bar:places$}"));
    line.push(Style::Dim, "]");
    line.push(Style::Plain, behind);
}

/// What it failed with, while that is news: it works on no batch since, or it is a minute old at most.
fn error(component: &Component, view: &View) -> Option<Line> {
    const NEWS: i64 = 60_000;
    let error = component.text("LastError")?;
    let at = component.millis("LastErrorTime").unwrap_or(0);
    let is_over = component.millis("LastSuccessTime").is_some_and(|success| success > at);
    let age = view.time.saturating_sub(at);
    if is_over && age > NEWS {
        return None;
    }
    let restarts = component.number("RestartCount").filter(|restarts| *restarts > 0.0);
    let restarts = restarts.map_or_else(String::new, |restarts| format!(", {restarts:.0} restarts"));
    let style = if is_over { Style::Dim } else { Style::Bad };
    Some(Line::of(style, format!("    {} ago{restarts}: {error}", stretch(age))))
}
