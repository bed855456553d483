use std::fmt::Write;

use super::{TaskSnapshot, TopologySnapshot};
use crate::base::Timestamp;

impl TopologySnapshot {
    /// The snapshot in the text format of Prometheus, version 0.0.4. Every name begins with `flowcore_`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use flowcore::process::TopologyBuilder;
    /// use flowcore::process::futures::StreamSpout;
    ///
    /// let mut topology = TopologyBuilder::new("t");
    /// let numbers = topology.spout("numbers", || StreamSpout::new(futures_util::stream::iter(0..3)));
    /// numbers.for_each("end", |_| {});
    /// let text = topology.build()?.run().await?.snapshot.prometheus();
    /// assert!(text.contains(r#"flowcore_executed_tuples_total{topology="t",component="end",task="0"} 3"#));
    /// assert!(text.contains(r#"flowcore_edge_tuples_total{topology="t",from="numbers",to="end"} 3"#));
    /// # Ok(()) }
    /// ```
    pub fn prometheus(&self) -> String {
        type Value = fn(&TaskSnapshot) -> f64;
        #[expect(clippy::cast_precision_loss, reason = "the format has no other numbers")]
        let families: [(&str, &str, &str, Value); 16] = [
            ("executed_tuples_total", "counter", "Tuples executed", |t| t.executed as f64),
            ("emitted_tuples_total", "counter", "Tuples emitted", |t| t.emitted as f64),
            ("acked_tuples_total", "counter", "Tuples acknowledged", |t| t.acked as f64),
            ("failed_tuples_total", "counter", "Tuples failed", |t| t.failed as f64),
            ("replayed_tuples_total", "counter", "Tuples sent again", |t| t.replayed as f64),
            ("dead_tuples_total", "counter", "Tuples given up", |t| t.dead as f64),
            ("hung_calls_total", "counter", "Calls that kept their thread for too long", |t| t.hung as f64),
            ("lost_tuples_total", "counter", "Dead letters given up", |t| t.lost as f64),
            ("late_tuples_total", "counter", "Tuples that windows put aside", |t| t.late as f64),
            ("restarts_total", "counter", "How often the task was made anew", |t| t.restarts as f64),
            ("troubles_total", "counter", "How often the log was told of a trouble", |t| t.troubles as f64),
            ("ahead_tuples_total", "counter", "Tuples with a timestamp too far ahead", |t| t.ahead as f64),
            ("waiting_tuples", "gauge", "Tuples in the mailbox, or under way", |t| t.waiting as f64),
            ("busy_seconds_total", "counter", "Time spent executing", |t| t.busy.as_secs_f64()),
            ("paused_seconds_total", "counter", "Time in which the spout was paused", |t| {
                t.paused.as_secs_f64()
            }),
            ("at_max_pending_seconds_total", "counter", "Time in which enough was under way", |t| {
                t.at_max_pending.as_secs_f64()
            }),
        ];
        let mut text = String::new();
        for (name, kind, help, value) in families {
            head(&mut text, name, kind, help);
            for task in &self.tasks {
                let labels = self.labels(task);
                line(&mut text, format_args!("flowcore_{name}{{{labels}}} {}", value(task)));
            }
        }
        self.latencies(&mut text);
        self.watermarks(&mut text);
        head(&mut text, "running_seconds", "gauge", "How long the topology has run");
        let (topology, running) = (escaped(&self.topology), self.running_for.as_secs_f64());
        line(&mut text, format_args!("flowcore_running_seconds{{topology=\"{topology}\"}} {running}"));
        head(&mut text, "edge_tuples_total", "counter", "Tuples sent along an edge");
        for edge in &self.edges {
            let (topology, from, to) = (escaped(&self.topology), escaped(&edge.from), escaped(&edge.to));
            let labels = format!("topology=\"{topology}\",from=\"{from}\",to=\"{to}\"");
            line(&mut text, format_args!("flowcore_edge_tuples_total{{{labels}}} {}", edge.tuples));
        }
        text
    }

    fn latencies(&self, text: &mut String) {
        head(text, "latency_seconds", "summary", "Bolts: time of one tuple. Spouts: from emit to settled");
        for task in &self.tasks {
            let labels = self.labels(task);
            for share in [0.5, 0.9, 0.99] {
                if let Some(time) = task.latency.quantile(share) {
                    let time = time.as_secs_f64();
                    line(
                        text,
                        format_args!("flowcore_latency_seconds{{{labels},quantile=\"{share}\"}} {time}"),
                    );
                }
            }
            let total = task.latency.total().as_secs_f64();
            line(text, format_args!("flowcore_latency_seconds_sum{{{labels}}} {total}"));
            line(text, format_args!("flowcore_latency_seconds_count{{{labels}}} {}", task.latency.tuples()));
        }
    }

    /// Those of tasks that have one and whose inputs have not ended.
    fn watermarks(&self, text: &mut String) {
        head(text, "watermark_seconds", "gauge", "How far event time is, in seconds since 1970");
        for task in &self.tasks {
            if let Some(at) = task.watermark.filter(|at| *at < Timestamp::MAX) {
                #[expect(clippy::cast_precision_loss, reason = "the format has no other numbers")]
                let seconds = at.as_millis() as f64 / 1000.0;
                line(text, format_args!("flowcore_watermark_seconds{{{}}} {seconds}", self.labels(task)));
            }
        }
    }

    fn labels(&self, task: &TaskSnapshot) -> String {
        let (topology, component) = (escaped(&self.topology), escaped(&task.component));
        format!("topology=\"{topology}\",component=\"{component}\",task=\"{}\"", task.task)
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    line(text, format_args!("# HELP flowcore_{name} {help}\n# TYPE flowcore_{name} {kind}"));
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
