mod text;

use flowcore::base::Timestamp;
use flowcore::ingest::ChannelHealth;
use flowcore::ingest::agent::{
    Activity, AgentSnapshot, ChangeStatus, ChannelStatus, ComponentState, SinkStatus, SourceStatus,
};
use flowcore::ingest::metrics::Counter;

use self::text::{Row, Text};
use super::reading::percentage;

/// The text of Prometheus, version 0.0.4.
pub(super) fn prometheus(snapshot: &AgentSnapshot) -> String {
    let mut text = Text::new(&snapshot.agent);
    text.info(env!("CARGO_PKG_VERSION"));
    changes(&mut text, &snapshot.changes);
    sources(&mut text, snapshot);
    channels(&mut text, snapshot);
    sinks(&mut text, snapshot);
    text.done()
}

fn changes(text: &mut Text, changes: &ChangeStatus) {
    text.of_agent(
        "changes_total",
        "counter",
        "How often it followed a changed configuration",
        count(changes.applied),
    );
    let last = changes.last_applied.map(seconds);
    text.of_agent("last_change_time_seconds", "gauge", "When it did so", last);
    let refused = f64::from(u8::from(changes.refused.is_some()));
    let help = "Whether its configuration has changed and cannot be followed";
    text.of_agent("change_refused", "gauge", help, Some(refused));
    let since = changes.refused_since.map(seconds);
    text.of_agent("change_refused_time_seconds", "gauge", "Since when it cannot", since);
}

fn sources(text: &mut Text, snapshot: &AgentSnapshot) {
    let rows: Vec<Row<'_, SourceStatus>> =
        snapshot.sources.iter().map(|s| Row::of(&s.name, &s.activity, s)).collect();
    counters(text, "source", &Counter::SOURCE, &rows, |_| true);
    times(text, "source", &rows);
    lives(text, "source", &rows, |s| (&s.state, s.restarts));
    let unrouted = "Events that the selector sent nowhere";
    text.family("source_unrouted_events_total", "counter", unrouted, &rows, |r| count(r.status.unrouted));
    let not_taken = "Events that an optional channel did not take";
    text.family("source_not_taken_events_total", "counter", not_taken, &rows, |r| count(r.status.not_taken));
    let set_aside = "Files that it leaves out for now";
    text.family("source_set_aside", "gauge", set_aside, &rows, |r| count(r.status.set_aside_count as u64));
    let batch = "A batch, through interceptors and selector into its channels";
    text.histogram("source_batch_latency_seconds", batch, &rows, |s| &s.batch_delays);
}

fn channels(text: &mut Text, snapshot: &AgentSnapshot) {
    let rows: Vec<Row<'_, ChannelStatus>> =
        snapshot.channels.iter().map(|c| Row::of(&c.name, &c.activity, c)).collect();
    counters(text, "channel", &Counter::CHANNEL, &rows, |_| true);
    counters(text, "channel", &Counter::DURABLE_CHANNEL, &rows, |channel| channel.health.is_some());
    times(text, "channel", &rows);
    let mut gauge = |name: &str, help: &str, value: fn(&ChannelStatus) -> Option<f64>| {
        text.family(&format!("channel_{name}"), "gauge", help, &rows, |row| value(row.status));
    };
    gauge("channel_capacity", "Events that it may hold", |c| count(c.state.capacity as u64));
    gauge("channel_size", "Events in it, waiting and taken", |c| count(used(c) as u64));
    gauge("channel_fill_percentage", "How full it is", |c| Some(percentage(used(c), c.state.capacity)));
    gauge("bytes", "Bytes of the events in it", |c| count(c.state.bytes as u64));
    gauge("open", "Whether it takes puts", |c| health(c, |health| health.is_open));
    gauge("closed", "Whether it was closed", |c| health(c, |health| !health.is_open));
    gauge("unhealthy", "Whether its disk is full, or damaged", |c| health(c, |health| health.is_unhealthy));
    gauge("disk_full", "Whether puts wait for room on its disk", |c| health(c, |health| health.is_disk_full));
    let lost = "Committed events that could not be read";
    text.family("channel_lost_events_total", "counter", lost, &rows, |row| {
        row.status.health.and_then(|health| count(health.lost_events))
    });
    let put = "A put, from its begin to its commit";
    text.histogram("channel_put_latency_seconds", put, &rows, |c| &c.put_delays);
    let take = "A take, until it was committed or went back";
    text.histogram("channel_take_latency_seconds", take, &rows, |c| &c.take_delays);
}

/// Those of a group each for itself, as Flume has them.
fn sinks(text: &mut Text, snapshot: &AgentSnapshot) {
    let each = snapshot.sinks.iter().flat_map(|sink| {
        let alone = Some(sink).filter(|sink| sink.members.is_empty());
        sink.members.iter().chain(alone)
    });
    let rows: Vec<Row<'_, SinkStatus>> = each.map(|s| Row::of(&s.name, &s.activity, s)).collect();
    counters(text, "sink", &Counter::SINK, &rows, |_| true);
    times(text, "sink", &rows);
    lives(text, "sink", &rows, |s| (&s.state, s.restarts));
    text.histogram("sink_send_latency_seconds", "A delivery, also one that failed", &rows, |s| {
        &s.send_delays
    });
}

fn used(channel: &ChannelStatus) -> usize {
    channel.state.waiting + channel.state.taken
}

fn health(channel: &ChannelStatus, is: fn(ChannelHealth) -> bool) -> Option<f64> {
    channel.health.map(|health| f64::from(u8::from(is(health))))
}

fn counters<S>(text: &mut Text, group: &str, of: &[Counter], rows: &[Row<'_, S>], has: fn(&S) -> bool) {
    for counter in of {
        let (kind, end) = if counter.is_gauge() { ("gauge", "") } else { ("counter", "_total") };
        let name = format!("{group}_{}{end}", snake_case(counter.name()));
        let help = format!("{} of Flume", counter.name());
        text.family(&name, kind, &help, rows, |row| {
            has(row.status).then(|| row.activity.counts.get(*counter)).and_then(count)
        });
    }
}

fn times<S>(text: &mut Text, group: &str, rows: &[Row<'_, S>]) {
    let mut time = |name: &str, help: &str, at: fn(&Activity) -> Option<Timestamp>| {
        let name = format!("{group}_{name}_time_seconds");
        text.family(&name, "gauge", help, rows, |row| at(row.activity).map(seconds));
    };
    time("start", "When it started", |activity| activity.started);
    time("stop", "When it stopped", |activity| activity.stopped);
    if group != "channel" {
        time("last_success", "When a batch was put or delivered", |activity| activity.last_success);
    }
}

fn lives<S>(text: &mut Text, group: &str, rows: &[Row<'_, S>], of: fn(&S) -> (&ComponentState, u64)) {
    let is = |yes: bool| Some(f64::from(u8::from(yes)));
    let running = |row: &Row<'_, S>| is(matches!(of(row.status).0, ComponentState::Running));
    text.family(&format!("{group}_running"), "gauge", "Whether it works", rows, running);
    let rests = |row: &Row<'_, S>| is(matches!(of(row.status).0, ComponentState::BackingOff { .. }));
    let help = "Whether it failed and waits for its next try";
    text.family(&format!("{group}_backing_off"), "gauge", help, rows, rests);
    let help = "How often it was made anew";
    text.family(&format!("{group}_restarts_total"), "counter", help, rows, |row| count(of(row.status).1));
}

#[expect(clippy::cast_precision_loss, reason = "the format has no other numbers")]
#[expect(clippy::unnecessary_wraps, reason = "what a family asks for")]
fn count(count: u64) -> Option<f64> {
    Some(count as f64)
}

#[expect(clippy::cast_precision_loss, reason = "the format has no other numbers")]
fn seconds(at: Timestamp) -> f64 {
    at.as_millis() as f64 / 1000.0
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
