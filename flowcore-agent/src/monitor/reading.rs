use flowcore::base::{Timestamp, with_causes};
use flowcore::ingest::agent::{
    Activity, AgentSnapshot, ChannelStatus, ComponentError, ComponentState, SinkStatus, SourceStatus,
};
use flowcore::ingest::metrics::Counter;

use super::value::Value;

/// What one component says: the members that Flume has, and those that it has not.
#[derive(Debug)]
pub(super) struct Reading {
    /// `SOURCE`, `CHANNEL`, `SINK`, `SINKGROUP`.
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) members: Vec<(&'static str, Value)>,
    pub(super) own: Vec<(&'static str, Value)>,
}

/// All components: sources, channels, sinks, each in the order of the configuration.
pub(super) fn readings(snapshot: &AgentSnapshot) -> Vec<Reading> {
    let sources = snapshot.sources.iter().map(source);
    let channels = snapshot.channels.iter().map(channel);
    sources.chain(channels).chain(snapshot.sinks.iter().flat_map(sinks)).collect()
}

fn source(status: &SourceStatus) -> Reading {
    let mut own = lived(&status.activity, &status.state, status.restarts, status.last_error.as_deref());
    own.push(("Channels", Value::Names(status.channels.iter().map(ToString::to_string).collect())));
    own.push(("UnroutedCount", Value::Count(status.unrouted)));
    own.push(("NotTakenCount", Value::Count(status.not_taken)));
    own.push(("SetAsideCount", Value::Count(status.set_aside_count as u64)));
    own.push(("SetAside", Value::Names(status.set_aside.iter().map(ToString::to_string).collect())));
    let members = members("SOURCE", &status.activity, &Counter::SOURCE);
    Reading { group: "SOURCE", name: status.name.to_string(), members, own }
}

/// A group stands before its sinks; Flume knows the sinks alone.
fn sinks(status: &SinkStatus) -> Vec<Reading> {
    let mut readings = vec![sink(status, None)];
    if let (Some(group), false) = (readings.first_mut(), status.members.is_empty()) {
        group.group = "SINKGROUP";
        group.members = members("SINKGROUP", &status.activity, &Counter::SINK);
    }
    readings.extend(status.members.iter().map(|member| sink(member, Some(&status.name))));
    readings
}

fn sink(status: &SinkStatus, group: Option<&str>) -> Reading {
    let mut own = lived(&status.activity, &status.state, status.restarts, status.last_error.as_deref());
    own.push(("Channel", Value::Text(status.channel.to_string())));
    own.push(("Group", group.map_or(Value::Nothing, |group| Value::Text(group.to_owned()))));
    own.push(("DeliveredCount", Value::Count(status.delivered)));
    own.push(("FailedAttemptCount", Value::Count(status.failed_attempts)));
    let members = members("SINK", &status.activity, &Counter::SINK);
    Reading { group: "SINK", name: status.name.to_string(), members, own }
}

fn channel(status: &ChannelStatus) -> Reading {
    let ChannelStatus { state, activity, health, .. } = status;
    let used = state.waiting + state.taken;
    let mut members = members("CHANNEL", activity, &Counter::CHANNEL);
    members.push(("ChannelCapacity", Value::Count(state.capacity as u64)));
    members.push(("ChannelSize", Value::Count(used as u64)));
    members.push(("ChannelFillPercentage", Value::Double(percentage(used, state.capacity))));
    if let Some(health) = health {
        let counts = &activity.counts;
        members.extend(Counter::DURABLE_CHANNEL.map(|of| (of.name(), Value::Count(counts.get(of)))));
        members.push(("Open", Value::Flag(health.is_open)));
        members.push(("Closed", Value::Count(u64::from(!health.is_open))));
        members.push(("Unhealthy", Value::Count(u64::from(health.is_unhealthy))));
    }
    let mut own = vec![("ComponentType", type_name(activity))];
    if let Some(health) = health {
        own.push(("DiskFull", Value::Flag(health.is_disk_full)));
        own.push(("LostEventCount", Value::Count(health.lost_events)));
    }
    own.push(("TakenCount", Value::Count(state.taken as u64)));
    own.push(("Bytes", Value::Count(state.bytes as u64)));
    Reading { group: "CHANNEL", name: status.name.to_string(), members, own }
}

/// Of a channel without capacity Flume says the largest double.
#[expect(clippy::cast_precision_loss, reason = "a percentage")]
pub(super) fn percentage(used: usize, capacity: usize) -> f64 {
    if capacity == 0 { f64::MAX } else { used as f64 / capacity as f64 * 100.0 }
}

fn members(group: &str, activity: &Activity, of: &[Counter]) -> Vec<(&'static str, Value)> {
    let counts = of.iter().map(|counter| (counter.name(), Value::Count(activity.counts.get(*counter))));
    [
        ("Type", Value::Text(group.to_owned())),
        ("StartTime", Value::Millis(activity.started.map_or(0, Timestamp::as_millis))),
        ("StopTime", Value::Millis(activity.stopped.map_or(0, Timestamp::as_millis))),
    ]
    .into_iter()
    .chain(counts)
    .collect()
}

fn type_name(activity: &Activity) -> Value {
    activity.type_name.as_ref().map_or(Value::Nothing, |name| Value::Text(name.to_string()))
}

/// What sources and sinks say that Flume's do not.
fn lived(
    activity: &Activity,
    state: &ComponentState,
    restarts: u64,
    last_error: Option<&ComponentError>,
) -> Vec<(&'static str, Value)> {
    let time = |at: Option<Timestamp>| at.map_or(Value::Nothing, |at| Value::Millis(at.as_millis()));
    let until = match state {
        ComponentState::BackingOff { until, .. } => Some(*until),
        _ => None,
    };
    vec![
        ("ComponentType", type_name(activity)),
        ("State", Value::Text(state_word(state).to_owned())),
        ("BackOffUntil", time(until)),
        ("RestartCount", Value::Count(restarts)),
        ("LastSuccessTime", time(activity.last_success)),
        ("LastError", last_error.map_or(Value::Nothing, |error| Value::Text(shown(error)))),
        ("LastErrorTime", time(activity.last_error_at)),
    ]
}

fn state_word(state: &ComponentState) -> &'static str {
    match state {
        ComponentState::Starting => "starting",
        ComponentState::Running => "running",
        ComponentState::BackingOff { .. } => "backing off",
        ComponentState::Stopped => "stopped",
        ComponentState::Failed { .. } => "failed",
        _ => "unknown",
    }
}

/// An error and its causes, not longer than a screen.
fn shown(error: &dyn std::error::Error) -> String {
    const LONGEST: usize = 1000;
    with_causes(error).chars().take(LONGEST).collect()
}
