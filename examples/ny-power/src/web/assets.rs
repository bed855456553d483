use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::WebSocket;

/// What pages are made of: address, type, content.
pub(super) const ASSETS: [(&str, &str, &str); 19] = [
    ("/bars.js", SCRIPT, include_str!("../../assets/bars.js")),
    ("/chart.css", STYLE, include_str!("../../assets/chart.css")),
    ("/colours.css", STYLE, include_str!("../../assets/colours.css")),
    ("/connection.js", SCRIPT, include_str!("../../assets/connection.js")),
    ("/console.css", STYLE, include_str!("../../assets/console.css")),
    ("/console.js", SCRIPT, include_str!("../../assets/console.js")),
    ("/dashboard.js", SCRIPT, include_str!("../../assets/dashboard.js")),
    ("/freshness.js", SCRIPT, include_str!("../../assets/freshness.js")),
    ("/grid.js", SCRIPT, include_str!("../../assets/grid.js")),
    ("/line.js", SCRIPT, include_str!("../../assets/line.js")),
    ("/log.js", SCRIPT, include_str!("../../assets/log.js")),
    ("/messages.js", SCRIPT, include_str!("../../assets/messages.js")),
    ("/mqtt.js", SCRIPT, include_str!("../../assets/mqtt.js")),
    ("/packet.js", SCRIPT, include_str!("../../assets/packet.js")),
    ("/scale.js", SCRIPT, include_str!("../../assets/scale.js")),
    ("/style.css", STYLE, include_str!("../../assets/style.css")),
    ("/table.js", SCRIPT, include_str!("../../assets/table.js")),
    ("/time.js", SCRIPT, include_str!("../../assets/time.js")),
    ("/view.js", SCRIPT, include_str!("../../assets/view.js")),
];

const DASHBOARD: &str = include_str!("../../assets/index.html");
const CONSOLE: &str = include_str!("../../assets/console.html");
/// Where a page has the place of the broker.
const WEBSOCKET: &str = "{websocket}";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The pages themselves, with the broker's place in them: address and content.
pub(super) fn pages(websocket: &WebSocket) -> [(&'static str, Bytes); 2] {
    let fill = |page: &str| Bytes::from(page.replace(WEBSOCKET, &websocket.to_string()));
    [("/", fill(DASHBOARD)), ("/mqtt", fill(CONSOLE))]
}

pub(super) fn page(content: Bytes) -> Response {
    answer(HTML, content)
}

pub(super) fn asset(kind: &'static str, content: &'static str) -> Response {
    answer(kind, Bytes::from_static(content.as_bytes()))
}

/// Asked for again each time, so that a newer program never meets an older page.
fn answer(kind: &'static str, content: Bytes) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], content).into_response()
}
