use flowcore::base::Timestamp;
use flowcore::ingest::agent::AgentSnapshot;

use super::MonitorFormat;
use super::flume_json::flume_json;
use super::numbers::numbers;
use super::prometheus::prometheus;

/// What a request comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

const JSON: &str = "application/json;charset=utf-8";
const TEXT: &str = "text/plain;charset=utf-8";
const HTML: &str = "text/html;charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers a request for `path` at `now`. `snapshot` is asked only if something is to be said of the agent.
pub fn answer(
    method: &str,
    path: &str,
    format: MonitorFormat,
    now: Timestamp,
    snapshot: impl FnOnce() -> AgentSnapshot,
) -> Answer {
    if matches!(method, "TRACE" | "OPTIONS") {
        return Answer { status: 403, content_type: TEXT, body: String::new() };
    }
    match (path.to_ascii_lowercase().as_str(), format) {
        ("/", _) => Answer { status: 200, content_type: HTML, body: page() },
        ("/metrics", MonitorFormat::FlumeJson) => json(flume_json(&snapshot())),
        ("/metrics.json", _) => json(numbers(&snapshot(), now)),
        ("/prometheus", _) | ("/metrics", MonitorFormat::Prometheus) => {
            Answer { status: 200, content_type: PROMETHEUS, body: prometheus(&snapshot()) }
        }
        _ => Answer { status: 404, content_type: TEXT, body: "There is /metrics.\n".to_owned() },
    }
}

fn page() -> String {
    "For the metrics of this agent see <a href=\"/metrics\">/metrics</a>, \
     <a href=\"/metrics.json\">/metrics.json</a> and <a href=\"/prometheus\">/prometheus</a>.\n"
        .to_owned()
}

fn json(text: Result<String, serde_json::Error>) -> Answer {
    match text {
        Ok(body) => Answer { status: 200, content_type: JSON, body },
        Err(error) => Answer { status: 500, content_type: TEXT, body: error.to_string() },
    }
}
