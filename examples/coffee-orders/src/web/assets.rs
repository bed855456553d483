use axum::http::header;
use axum::response::{IntoResponse, Response};

/// What the page is made of: address, type, content.
pub(super) const ASSETS: [(&str, &str, &str); 11] = [
    ("/", "text/html; charset=utf-8", include_str!("../../assets/index.html")),
    ("/colours.css", STYLE, include_str!("../../assets/colours.css")),
    ("/style.css", STYLE, include_str!("../../assets/style.css")),
    ("/chart.css", STYLE, include_str!("../../assets/chart.css")),
    ("/icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
    ("/page.js", SCRIPT, include_str!("../../assets/page.js")),
    ("/chart.js", SCRIPT, include_str!("../../assets/chart.js")),
    ("/tooltip.js", SCRIPT, include_str!("../../assets/tooltip.js")),
    ("/feed.js", SCRIPT, include_str!("../../assets/feed.js")),
    ("/labels.js", SCRIPT, include_str!("../../assets/labels.js")),
    ("/view.js", SCRIPT, include_str!("../../assets/view.js")),
];

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Asked for again each time, so that a newer program never meets an older page.
pub(super) fn asset(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], content).into_response()
}
