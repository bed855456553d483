use super::numbers::{count, stretch};
use super::view::{Component, Group, View};

/// From this on a channel is as good as full.
pub(super) const FULL: f64 = 90.0;

/// What is wrong, and what follows from it.
pub(super) fn problems(view: &View) -> Vec<String> {
    let all = view.agent.iter().chain(&view.components);
    all.filter_map(|component| problem(component, view)).collect()
}

fn problem(component: &Component, view: &View) -> Option<String> {
    match component.group {
        Group::Agent => refused(component, view),
        Group::Channel => channel(component, view),
        Group::Source => ended(component, "source")
            .or_else(|| {
                resting(component, view, "source").map(|text| format!("{text}; it is made anew then"))
            })
            .or_else(|| set_aside(component)),
        Group::Sink | Group::Several => ended(component, "sink").or_else(|| {
            let from = component.text("Channel").map(|channel| format!("; events wait in {channel}"));
            resting(component, view, "sink").map(|text| text + &from.unwrap_or_default())
        }),
    }
}

fn refused(agent: &Component, view: &View) -> Option<String> {
    let why = agent.text("ChangeRefused")?;
    let since = agent.millis("ChangeRefusedTime").map(|at| view.time.saturating_sub(at));
    let since = since.map_or_else(String::new, |age| format!(" for {}", stretch(age)));
    Some(format!("its changed configuration is not followed{since}: {why}"))
}

fn channel(component: &Component, view: &View) -> Option<String> {
    let name = &component.name;
    if component.number("DiskFull") == Some(1.0) {
        return Some(format!("channel {name}: its disk is full, so its sources wait; its sinks go on"));
    }
    if let Some(lost) = component.number("LostEventCount").filter(|lost| *lost > 0.0) {
        return Some(format!("channel {name}: {} events could not be read; see the log", count(lost)));
    }
    // An agent that does not say more.
    if component.number("Unhealthy") == Some(1.0) {
        return Some(format!("channel {name}: its disk is full, or events could not be read; see the log"));
    }
    let fill = component.number("ChannelFillPercentage").filter(|fill| *fill >= FULL && *fill <= 100.0)?;
    let takes = |sink: &&Component| sink.text("Channel").as_deref() == Some(name);
    let sinks: Vec<&str> = view.of(Group::Sink).filter(takes).map(|sink| sink.name.as_str()).collect();
    let slow = if sinks.is_empty() { "no sink empties it".to_owned() } else { sinks.join(", ") };
    let why = if sinks.is_empty() { slow } else { format!("{slow} cannot keep up, so its sources wait") };
    Some(format!("channel {name} is {fill:.0} % full: {why}"))
}

fn set_aside(component: &Component) -> Option<String> {
    let count = component.number("SetAsideCount").filter(|count| *count > 0.0)?;
    let first = component.names("SetAside").into_iter().next().unwrap_or_default();
    Some(format!("source {} has set aside {count:.0}, as {first}", component.name))
}

fn ended(component: &Component, kind: &str) -> Option<String> {
    let error = component.text("LastError").unwrap_or_default();
    component.is("failed").then(|| format!("{kind} {} has failed for good: {error}", component.name))
}

fn resting(component: &Component, view: &View, kind: &str) -> Option<String> {
    if !component.is("backing off") {
        return None;
    }
    let left = component.millis("BackOffUntil").map_or(0, |until| until.saturating_sub(view.time));
    let again = if left < 1000 { "at once".to_owned() } else { format!("in {}", stretch(left)) };
    Some(format!("{kind} {} fails and tries again {again}", component.name))
}
