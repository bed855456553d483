use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::assets::{ASSETS, asset, page, pages};
use super::policy::policy;
use super::{WebConfig, WebSocket};

/// What every answer carries, the policy aside.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The pages, to be served alone or inside a larger server. They expect to be at its root.
pub fn routes(config: &WebConfig) -> Router {
    let mut router = Router::new().route("/api/health", get(health));
    for (path, content) in pages(&config.websocket) {
        router = router.route(path, get(async move || page(content)));
    }
    for (path, kind, content) in ASSETS {
        router = router.route(path, get(async move || asset(kind, content)));
    }
    let websocket = Arc::new(config.websocket.clone());
    router.fallback(nothing).layer(from_fn_with_state(websocket, harden))
}

async fn health() -> Response {
    answer(StatusCode::OK, &json!({"status": "ok"}))
}

async fn nothing(address: Uri) -> Response {
    answer(StatusCode::NOT_FOUND, &json!({"error": format!("nothing at {}", address.path())}))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

async fn harden(State(websocket): State<Arc<WebSocket>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // A policy has plain characters alone. If it had others, no policy means that nothing is shown.
    let policy = HeaderValue::from_str(&policy(&websocket, host));
    let Ok(policy) = policy else { return StatusCode::BAD_REQUEST.into_response() };
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
