use std::fmt::{Arguments, Write};

use flowcore::ingest::agent::Activity;
use flowcore::ingest::metrics::Delays;

/// One component.
pub(super) struct Row<'a, S> {
    labels: String,
    pub(super) activity: &'a Activity,
    pub(super) status: &'a S,
}

impl<'a, S> Row<'a, S> {
    pub(super) fn of(name: &str, activity: &'a Activity, status: &'a S) -> Self {
        let type_name = activity.type_name.as_deref().unwrap_or("");
        let labels = format!("component=\"{}\",type=\"{}\"", escaped(name), escaped(type_name));
        Self { labels, activity, status }
    }
}

/// Families of metrics, each with its head.
pub(super) struct Text {
    agent: String,
    out: String,
}

impl Text {
    pub(super) fn new(agent: &str) -> Self {
        Self { agent: format!("agent=\"{}\"", escaped(agent)), out: String::new() }
    }

    pub(super) fn done(self) -> String {
        self.out
    }

    pub(super) fn info(&mut self, version: &str) {
        self.head("agent_info", "gauge", "The version of this agent");
        let agent = self.agent.clone();
        self.line(format_args!("flume_agent_info{{{agent},version=\"{version}\"}} 1"));
    }

    /// Of the agent itself.
    pub(super) fn of_agent(&mut self, name: &str, kind: &str, help: &str, value: Option<f64>) {
        self.head(&format!("agent_{name}"), kind, help);
        let agent = self.agent.clone();
        if let Some(value) = value {
            self.line(format_args!("flume_agent_{name}{{{agent}}} {value}"));
        }
    }

    /// Components of which there is no value have no sample.
    pub(super) fn family<S>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        rows: &[Row<'_, S>],
        value: impl Fn(&Row<'_, S>) -> Option<f64>,
    ) {
        self.head(name, kind, help);
        let agent = self.agent.clone();
        for row in rows {
            if let Some(value) = value(row) {
                self.line(format_args!("flume_{name}{{{agent},{}}} {value}", row.labels));
            }
        }
    }

    pub(super) fn histogram<S>(
        &mut self,
        name: &str,
        help: &str,
        rows: &[Row<'_, S>],
        delays: fn(&S) -> &Delays,
    ) {
        self.head(name, "histogram", help);
        for row in rows {
            let (labels, delays) = (format!("{},{}", self.agent, row.labels), delays(row.status));
            let (count, sum) = (delays.count(), delays.total().as_secs_f64());
            for (bound, count) in delays.within() {
                let bound = bound.as_secs_f64();
                self.line(format_args!("flume_{name}_bucket{{{labels},le=\"{bound}\"}} {count}"));
            }
            self.line(format_args!("flume_{name}_bucket{{{labels},le=\"+Inf\"}} {count}"));
            self.line(format_args!("flume_{name}_sum{{{labels}}} {sum}"));
            self.line(format_args!("flume_{name}_count{{{labels}}} {count}"));
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP flume_{name} {help}\n# TYPE flume_{name} {kind}"));
    }

    fn line(&mut self, line: Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.out, "{line}");
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
